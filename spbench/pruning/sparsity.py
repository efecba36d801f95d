"""Zeros, counted by weight and by block."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spbench.formats import BlockShape
from spbench.formats.block_sparse_matrix import to_blocks


@dataclass(frozen=True)
class ZeroCount:
    """Zeros among ``total`` weights or blocks; counts of several layers add up."""

    zeros: int = 0
    total: int = 0

    @property
    def share(self) -> float:
        """Zeros over total, 0 .. 1; 0 where there is nothing."""
        return self.zeros / self.total if self.total else 0.0

    def __add__(self, other: ZeroCount) -> ZeroCount:
        return ZeroCount(self.zeros + other.zeros, self.total + other.total)


def zero_weights(weight: np.ndarray) -> ZeroCount:
    """How many of the weights are zero."""
    return ZeroCount(weight.size - np.count_nonzero(weight), weight.size)


def stored_blocks(weight: np.ndarray, block: BlockShape) -> np.ndarray:
    """Blocks of each block row that hold a nonzero, int [block_rows]."""
    return to_blocks(weight != 0, block).any(axis=(2, 3)).sum(axis=1)


def zero_blocks(weight: np.ndarray, block: BlockShape) -> ZeroCount:
    """How many of the blocks hold nothing but zeros, partial blocks at the edge included."""
    stored = to_blocks(weight != 0, block).any(axis=(2, 3))
    return ZeroCount(stored.size - np.count_nonzero(stored), stored.size)
