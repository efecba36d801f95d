"""Which weights answer best once the blocks that stay are known: least squares, block row by
block row.

    minimise over W with W[~mask] = 0      tr((W - W0) H (W - W0)^T)
    so, with S the columns of a block row  H[S, S] W[row, S]^T = (W0 H)[row, S]^T

The rows of a block share S and thus one factorisation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from spbench.formats import BlockShape
from spbench.pruning.masks import expand
from spbench.pruning.threads import Pool

_PIECE_ROWS = 16  # block rows; small enough to spread well


@dataclass(frozen=True, eq=False)
class NormalEquations:
    """``hessian`` f64 [K, K], positive definite; ``right`` f64 [M, K] = W0 H."""

    hessian: np.ndarray
    right: np.ndarray

    def optimum(self) -> np.ndarray:
        """W0, f64 [M, K]: the best weights without a mask."""
        return np.linalg.solve(self.hessian, self.right.T).T

    def solve(self, mask: np.ndarray, block: BlockShape, pool: Pool) -> np.ndarray:
        """The best weights under a mask of blocks, f64 [M, K], zero outside."""
        shape = self.right.shape
        columns = expand(mask, BlockShape(1, block.cols), (len(mask), shape[1]))
        pieces = list(_pieces(columns, min(block.rows, shape[0])))
        solved = np.zeros(shape)
        results = pool.map(_solve, self, pieces)
        for (_, rows, _), weights in zip(pieces, results, strict=True):
            solved[rows : rows + len(weights)] = weights
        return solved


def _pieces(columns: np.ndarray, height: int) -> Iterator[tuple[np.ndarray, int, int]]:
    """Columns of some block rows, where their rows begin, and how many rows a block has."""
    for first in range(0, len(columns), _PIECE_ROWS):
        yield columns[first : first + _PIECE_ROWS], first * height, height


def _solve(equations: NormalEquations, piece: tuple[np.ndarray, int, int]) -> np.ndarray:
    """Rows of the solution for a piece."""
    columns, start, height = piece
    right = equations.right[start : start + len(columns) * height]
    solved = np.zeros(right.shape)
    for number, mask in enumerate(columns):
        rows, kept = slice(number * height, (number + 1) * height), np.flatnonzero(mask)
        if len(kept):
            gram = equations.hessian[np.ix_(kept, kept)]
            solved[rows, kept] = np.linalg.solve(gram, right[rows, kept].T).T
    return solved
