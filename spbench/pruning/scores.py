"""How much a block matters: the norm of its weights (magnitude pruning)."""

from __future__ import annotations

from typing import Literal

import numpy as np

from spbench.formats import BlockShape
from spbench.formats.block_sparse_matrix import to_blocks

Norm = Literal["l1", "l2"]


def block_scores(weight: np.ndarray, block: BlockShape, norm: Norm) -> np.ndarray:
    """Score of every block of ``weight`` f32 [M, K], as f64 [block_rows, block_cols].

    ``l1`` is the mean of \\|w\\|, ``l2`` the root mean square, over the weights
    that the block really holds. Among full blocks that is the order of the plain
    norm. A partial block at the edge is judged by how large its weights are, not
    by how few: by the plain norm, the last output channels of a layer that the
    block does not divide would lose nearly all their weights.

    Squares are summed in f64: nothing overflows or vanishes.
    """
    if norm == "l1":
        return block_sums(np.abs(weight), block) / block_sizes(weight.shape, block)
    squares = np.square(weight, dtype=np.float64)
    return np.sqrt(block_sums(squares, block) / block_sizes(weight.shape, block))


def block_sums(values: np.ndarray, block: BlockShape) -> np.ndarray:
    """Sum over each block of ``values`` [M, K], as f64 [block_rows, block_cols]."""
    return to_blocks(values, block).sum(axis=(2, 3), dtype=np.float64)


def block_sizes(shape: tuple[int, int], block: BlockShape) -> np.ndarray:
    """Weights that each block of an M x K matrix holds, [block_rows, block_cols]."""
    (m, k), (grid_rows, grid_cols) = shape, block.grid(*shape)
    heights = np.minimum(block.rows, m - np.arange(grid_rows) * block.rows)
    widths = np.minimum(block.cols, k - np.arange(grid_cols) * block.cols)
    return np.outer(heights, widths)
