"""Sentences as the engine runs them: their tokens one after another, padding left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from spbench.errors import InputError
from spbench.formats.encoder import EncoderConfig


@dataclass(frozen=True, eq=False)
class Batch:
    """A batch [sentences, length], checked, as lists of tokens.

    Attributes
    ----------
    shape : (sentences, length)
    place : int64 [tokens]
        Where each token stands in the flattened batch.
    begin : int64 [sentences + 1]
        First token of each sentence.
    ids, positions, types : int32 [tokens]
    """

    shape: tuple[int, int]
    place: np.ndarray
    begin: np.ndarray
    ids: np.ndarray
    positions: np.ndarray
    types: np.ndarray

    @classmethod
    def of(
        cls,
        config: EncoderConfig,
        type_count: int,
        input_ids: np.ndarray,
        attention_mask: np.ndarray | None,
        token_type_ids: np.ndarray | None,
    ) -> Batch:
        """Raises :class:`InputError` for anything that the model cannot take."""
        ids = _integers("input_ids", input_ids)
        if ids.ndim != 2 or 0 in ids.shape:
            raise InputError(
                f"input_ids is {[*ids.shape]}: give [sentences, tokens], at least one of each"
            )
        types = None if token_type_ids is None else _like(ids, "token_type_ids", token_type_ids)
        if attention_mask is None:
            place, held = np.arange(ids.size), np.ravel
            lengths = np.full(len(ids), ids.shape[1])
        else:
            mask = _like(ids, "attention_mask", attention_mask) != 0
            place, held = np.flatnonzero(mask), lambda values: values[mask]
            lengths = mask.sum(axis=1)
            if not lengths.all():
                raise InputError(f"attention_mask: sentence {int(lengths.argmin())} has no token")
        tokens, positions = held(ids), held(_positions(config, ids))
        types = np.zeros(len(tokens), np.int32) if types is None else held(types)
        _within("token id", tokens, config.vocabulary, "the vocabulary")
        _within("token type", types, type_count, "the model's token types")
        _within(
            "position", positions, config.positions,
            f"the model's positions (sentences of at most {config.longest} tokens)",
        )  # fmt: skip
        begin = np.zeros(len(ids) + 1, np.int64)
        np.cumsum(lengths, out=begin[1:])
        return cls(
            ids.shape, place, begin,
            *(array.astype(np.int32, copy=False) for array in (tokens, positions, types)),
        )  # fmt: skip

    @property
    def is_full(self) -> bool:
        """Whether nothing is padding."""
        return len(self.place) == self.shape[0] * self.shape[1]

    def parts(self, tokens: int) -> Iterator[tuple[int, int]]:
        """Ranges of sentences that have at most ``tokens`` together; a longer one stands alone."""
        first = 0
        while first < len(self.begin) - 1:
            limit = self.begin[first] + tokens
            after = max(first + 1, int(np.searchsorted(self.begin, limit, side="right")) - 1)
            yield first, after
            first = after


def _integers(name: str, values: np.ndarray) -> np.ndarray:
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise InputError(
            f"{name}: rows of different lengths; pad them, and mask the padding"
        ) from error
    if array.size and array.dtype.kind not in "iub":
        raise InputError(f"{name} holds {array.dtype}, not integers")
    return array.astype(np.int64, copy=False)


def _like(ids: np.ndarray, name: str, values: np.ndarray) -> np.ndarray:
    array = _integers(name, values)
    if array.shape != ids.shape:
        raise InputError(f"{name} is {[*array.shape]}, but input_ids is {[*ids.shape]}")
    return array


def _within(what: str, values: np.ndarray, count: int, range_of: str) -> None:
    low, high = int(values.min()), int(values.max())
    if low < 0 or high >= count:
        wrong = low if low < 0 else high
        raise InputError(f"{what} {wrong} lies outside {range_of}, 0 .. {count - 1}")


def _positions(config: EncoderConfig, ids: np.ndarray) -> np.ndarray:
    """As transformers counts: by column, or (RoBERTa) by tokens that are not padding."""
    if config.first_position == 0:
        return np.broadcast_to(np.arange(ids.shape[1]), ids.shape)
    is_token = ids != config.pad_token
    return np.cumsum(is_token, axis=1) * is_token + config.pad_token
