"""A set of labelled texts, split into those that train and those that measure."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Any

from spbench.errors import InputError
from spbench.texts.sources import SOURCES
from spbench.texts.text_key import is_test, text_key

_MARKUP = re.compile(r"<[^>]{1,20}>")


@dataclass(frozen=True)
class Side:
    """Texts and their labels, one each, in an order that is random but always the same."""

    texts: tuple[str, ...]
    labels: tuple[str, ...]
    keys: tuple[bytes, ...] = field(repr=False)

    def __len__(self) -> int:
        return len(self.texts)

    def first(self, count: int) -> Side:
        """So many of them, or all there are."""
        return Side(self.texts[:count], self.labels[:count], self.keys[:count])

    @property
    def digest(self) -> str:
        """Eight bytes, in hexadecimal, that say which texts these are."""
        return hashlib.blake2b(b"".join(self.keys), digest_size=8).hexdigest()


@dataclass(frozen=True)
class TextSet:
    """One of ``SOURCES``, duplicates left out.

    About half of the texts are on each side. The side is a property of the text itself (see
    :func:`~spbench.texts.text_key.text_key`), so nothing that trains on one set can have seen
    what another set measures with.
    """

    name: str
    package: str
    version: str
    train: Side
    test: Side

    def facts(self, split: str, side: Side) -> dict[str, Any]:
        """What a row says about the texts that it used."""
        return {
            "package": self.package,
            "version": self.version,
            "split": split,
            "texts": len(side),
            "digest": side.digest,
        }


def read_text_set(name: str) -> TextSet:
    """Read a set from its package.

    Raises :class:`InputError` with the command that installs the package where it is missing,
    and for a name that is not known.
    """
    import pandas

    if name not in SOURCES:
        raise InputError(f"{name}: no such set of texts; known: {', '.join(SOURCES)}")
    source = SOURCES[name]
    path, version = source.find()
    try:
        table = pandas.read_csv(
            path, usecols=[source.text, source.label], dtype=str, encoding_errors="replace"
        ).dropna()
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not the table it should be ({error})") from error
    labelled: dict[bytes, tuple[str, str]] = {}
    for text, label in zip(table[source.text], table[source.label], strict=True):
        labelled.setdefault(text_key(text), (_clean(text), label))
    sides = [_side(labelled, of_test) for of_test in (False, True)]
    return TextSet(name, source.package, version, *sides)


def _clean(text: str) -> str:
    """On one line, without markup: what FILE.txt and a tokenizer can take."""
    return " ".join(_MARKUP.sub(" ", text).split())


def _side(labelled: dict[bytes, tuple[str, str]], of_test: bool) -> Side:
    keys = sorted(key for key in labelled if is_test(key) is of_test)
    texts, labels = zip(*(labelled[key] for key in keys), strict=True)
    return Side(texts, labels, tuple(keys))
