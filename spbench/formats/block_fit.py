"""Which block shape fits the zeros of a weight: what each shape would store of it.

A kernel skips whole blocks, so a block that holds one nonzero is stored with all its zeros.
The larger the block, the fewer indices and the better a kernel, but the more zeros are kept:

    fits          stored weights at most 1.1 times those of the candidate that stores least
    is chosen     the largest block that fits; of equal ones, that which stores less

Weights pruned elsewhere rarely say in which blocks; their zeros do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from spbench.formats.block_shape import BlockShape

CANDIDATES = tuple(map(BlockShape.parse, ("1x1", "1x4", "4x1", "8x1", "16x1", "4x4", "16x4")))
"""What pruners make and kernels run. 1x1 is what scattered zeros, 2:4 ones too, are left with."""
MOST_KEPT = 1.1
"""Times the least that can be stored; the rest are zeros that a shape is not worth keeping for."""


@dataclass(frozen=True)
class BlockFit:
    """Weights of one or several matrices, and how many of them blocks of one shape store.

    Counts of weights, partial blocks at the edges without padding; fits of several matrices
    to one shape add up.
    """

    block: BlockShape
    stored: int
    nonzeros: int
    weights: int

    @classmethod
    def of(cls, weight: np.ndarray, block: BlockShape) -> BlockFit:
        """``weight`` [M, K], any dtype; a block is stored if it holds a nonzero."""
        return cls._of_nonzeros(weight != 0, block)

    @classmethod
    def _of_nonzeros(cls, nonzero: np.ndarray, block: BlockShape) -> BlockFit:
        m, k = nonzero.shape
        block_rows, block_cols = (
            np.arange(0, *each) for each in ((m, block.rows), (k, block.cols))
        )
        kept = nonzero
        if block.rows > 1:
            kept = np.logical_or.reduceat(kept, block_rows, axis=0)
        if block.cols > 1:
            kept = np.logical_or.reduceat(kept, block_cols, axis=1)
        heights = np.minimum(block.rows, m - block_rows)
        widths = np.minimum(block.cols, k - block_cols)
        stored = int(heights @ (kept @ widths))
        return cls(block, stored, int(np.count_nonzero(nonzero)), m * k)

    @property
    def stored_share(self) -> float:
        """Of all weights, 0 .. 1: the work that is left."""
        return self.stored / self.weights if self.weights else 0.0

    @property
    def sparsity(self) -> float:
        """Share of the weights that lie in no stored block, 0 .. 1."""
        return 1.0 - self.stored_share

    @property
    def zero_share(self) -> float:
        """Share of the weights that are zero, 0 .. 1: what 1x1 blocks would skip."""
        return 1.0 - self.nonzeros / self.weights if self.weights else 0.0

    @property
    def kept_zeros(self) -> float:
        """Share of the zeros that are stored all the same, 0 .. 1; 0 without zeros."""
        zeros = self.weights - self.nonzeros
        return (self.stored - self.nonzeros) / zeros if zeros else 0.0

    def __add__(self, other: BlockFit) -> BlockFit:
        if other.block != self.block:
            raise ValueError(f"fits of {self.block} and {other.block} do not add up")
        counts = ((self.stored, other.stored), (self.nonzeros, other.nonzeros))
        return BlockFit(self.block, *map(sum, counts), self.weights + other.weights)


def block_fits(
    weight: np.ndarray, candidates: Sequence[BlockShape] = CANDIDATES
) -> dict[BlockShape, BlockFit]:
    """What each of the shapes would store of ``weight`` [M, K]."""
    nonzero = weight != 0
    return {block: BlockFit._of_nonzeros(nonzero, block) for block in candidates}


def best_fit(fits: Iterable[BlockFit]) -> BlockFit:
    """The one to choose of fits to several shapes (see the module). Raises ValueError for none."""
    fits = list(fits)
    least = min(fit.stored for fit in fits)
    fitting = [fit for fit in fits if fit.stored <= MOST_KEPT * least]
    return max(fitting, key=lambda fit: (fit.block.size, -fit.stored))


def fitting_block(
    weights: Iterable[np.ndarray], candidates: Sequence[BlockShape] = CANDIDATES
) -> BlockFit:
    """The block shape that fits the zeros of all ``weights`` [M, K] together.

    Give one matrix for a choice of its own. Raises ValueError without a weight or a candidate.
    """
    totals: dict[BlockShape, BlockFit] = {}
    for weight in weights:
        for block, fit in block_fits(weight, candidates).items():
            totals[block] = totals[block] + fit if block in totals else fit
    return best_fit(totals.values())


def is_two_of_four(weight: np.ndarray) -> bool:
    """Whether each four weights in a row [M, K], counted from its start, hold at most two nonzeros.

    Less than four at its end do not matter. The pattern of NVIDIA's sparse tensor cores; on a CPU its zeros are scattered.
    """
    whole = weight.shape[1] // 4 * 4
    groups = weight[:, :whole].reshape(len(weight), whole // 4, 4)
    return bool((np.count_nonzero(groups, axis=2) <= 2).all())
