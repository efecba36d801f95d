"""Texts as token ids, by the tokenizer that lies in a checkpoint's folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from spbench.errors import InputError


@dataclass(frozen=True, eq=False)
class Tokens:
    """The token ids of texts, int64 [tokens] each, special tokens included."""

    ids: list[np.ndarray]

    @classmethod
    def of(cls, tokenizer: Any, texts: Sequence[str]) -> Tokens:
        """With the tokenizer of :func:`read_tokenizer`."""
        found = tokenizer.encode_batch(list(texts))
        return cls([np.asarray(one.ids, np.int64) for one in found])

    @property
    def by_length(self) -> np.ndarray:
        """Numbers of the texts, the longest first, so that a batch holds little padding."""
        return np.argsort([-len(ids) for ids in self.ids], kind="stable")

    def batches(self, most_tokens: int) -> list[np.ndarray]:
        """Numbers of texts, by length, in groups of at most ``most_tokens`` with padding; a
        longer text stands alone."""
        groups, order = [], self.by_length
        first = 0
        while first < len(order):
            longest = max(1, len(self.ids[order[first]]))
            count = max(1, most_tokens // longest)
            groups.append(order[first : first + count])
            first += count
        return groups

    def padded(self, numbers: np.ndarray, pad: int) -> tuple[np.ndarray, np.ndarray]:
        """Ids and mask of some texts, int64 [texts, longest of them]."""
        longest = max(len(self.ids[number]) for number in numbers)
        ids = np.full((len(numbers), longest), pad, np.int64)
        mask = np.zeros_like(ids)
        for row, number in enumerate(numbers):
            length = len(self.ids[number])
            ids[row, :length], mask[row, :length] = self.ids[number], 1
        return ids, mask


def read_tokenizer(folder: Path, most_tokens: int) -> Any:
    """The tokenizer of a checkpoint, cutting texts at ``most_tokens``.

    Raises :class:`InputError` without a tokenizer.json or without the package ``tokenizers``.
    """
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise InputError("texts need tokenizers: pip install 'spbench[engine]'") from error
    path = folder / "tokenizer.json"
    if not path.is_file():
        raise InputError(f"{path}: missing; copy it from the model's source")
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # tokenizers raises bare Exception
        raise InputError(f"{path}: not a tokenizer ({error}); fetch the file again") from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(most_tokens)
    return tokenizer
