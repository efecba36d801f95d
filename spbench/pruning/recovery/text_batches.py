"""Train texts as batches of token ids, the same ones for the same seed, from any position."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from spbench.texts import Tokens

_POOL = 1024  # texts that are sorted by length together


@dataclass(frozen=True, order=True)
class Position:
    """Pools that are used up, and batches of the next one."""

    pool: int = 0
    batch: int = 0


@dataclass(frozen=True, eq=False)
class TextBatch:
    """Token ids and mask, int64 [texts, longest]; ``after`` is where the next batch begins."""

    ids: np.ndarray
    mask: np.ndarray
    after: Position


@dataclass(frozen=True, eq=False)
class TextBatches:
    """Texts without end: epoch after epoch, each in an order of its own.

    A pool of texts is sorted by length and cut into batches of ``batch_tokens``, so that little
    of a batch is padding; the batches of a pool come in random order.
    """

    texts: Sequence[str]
    tokenizer: Any  # of spbench.texts.read_tokenizer
    batch_tokens: int
    pad: int
    seed: int

    def starting_at(self, position: Position) -> Iterator[TextBatch]:
        """The batches from ``position`` on."""
        first = position.batch
        pool = position.pool
        while True:
            tokens = Tokens.of(self.tokenizer, self._texts_of(pool))
            groups = tokens.batches(self.batch_tokens)
            order = np.random.default_rng([self.seed, 1, pool]).permutation(len(groups))
            for number in range(first, len(groups)):
                last = number + 1 == len(groups)
                after = Position(pool + 1) if last else Position(pool, number + 1)
                yield TextBatch(*tokens.padded(groups[order[number]], self.pad), after)
            first, pool = 0, pool + 1

    def _texts_of(self, pool: int) -> list[str]:
        epoch, number = divmod(pool, -(-len(self.texts) // _POOL))
        order = np.random.default_rng([self.seed, 0, epoch]).permutation(len(self.texts))
        return [self.texts[i] for i in order[number * _POOL : (number + 1) * _POOL]]
