"""What makes two texts the same text, and on which side of a split it belongs."""

from __future__ import annotations

import hashlib
import re

_NO_WORDS = re.compile(r"<[^>]*>|https?://\S*|@\w+|&\w+;|\brt\b")
_BETWEEN_WORDS = re.compile(r"[\W_]+")
_WORDS = 50  # a text that goes on differently after so many words is the same for a model that cuts


def normalised(text: str) -> str:
    """The first words in lower case, without markup, links, names of users and punctuation."""
    words = _BETWEEN_WORDS.sub(" ", _NO_WORDS.sub(" ", text.casefold())).split()
    return " ".join(words[:_WORDS])


def text_key(text: str) -> bytes:
    """16 bytes that equal texts share: a digest of the :func:`normalised` text.

    The lowest bit of the last byte is the side of a split, so that a text, wherever it occurs
    and in whatever set, is always on the same side; ascending keys are a random order that
    depends on nothing else.
    """
    return hashlib.blake2b(normalised(text).encode(), digest_size=16).digest()


def is_test(key: bytes) -> bool:
    """Whether a text of this key measures; otherwise it trains."""
    return bool(key[-1] & 1)
