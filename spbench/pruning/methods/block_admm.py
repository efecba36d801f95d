"""Which blocks of a layer stay, judged together rather than one by one.

    minimise over W with at most `count` nonzero blocks      tr((W - W0) H (W - W0)^T)

by the alternating direction method of multipliers: W free, D with few blocks, and V, the price of
their distance:

    W  <-  (W0 H - V + rho D) (H + rho)^-1
    D  <-  the `count` blocks of W + V / rho with the largest norms, zero elsewhere
    V  <-  V + rho (W - D)

With Y = W + V / rho, both follow from Y and the mask: D is Y inside, V is rho Y outside. rho grows
until the mask stands still. Greedy removal with the inverse Hessian (optimal brain surgeon) never
takes a block back; here blocks return as long as rho is small.

Source: Meng, Behdin, Wang, Mazumder, ALPS: Improved Optimization for Highly Sparse One-Shot Pruning
for Large Language Models, NeurIPS 2024, with blocks in the place of weights.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spbench.formats import BlockShape
from spbench.pruning.masks import expand, keep_count
from spbench.pruning.methods.resolve import NormalEquations
from spbench.pruning.scores import block_sums
from spbench.pruning.threads import Threads

_FIRST_RHO = 0.1  # of a Hessian with ones on its diagonal
_UPDATE_EVERY = 3  # iterations between two values of rho
_GROWTH = ((0.1, 1.3), (0.005, 1.2), (0.0, 1.1))  # share of blocks that changed, factor of rho
_MOST_ITERATIONS = 60
_PIECE_ROWS = 256


@dataclass(frozen=True, eq=False)
class BlockChoice:
    """What to choose: ``count`` blocks for ``equations``, of those ``allowed``, if given."""

    equations: NormalEquations
    block: BlockShape
    count: int
    allowed: np.ndarray | None = None

    def mask(self) -> np.ndarray:
        """Bool [block_rows, block_cols]."""
        with Threads() as threads:
            return _Iteration(self, threads).run()


class _Iteration:
    """The state, in f32, of columns scaled so that the Hessian's diagonal is 1."""

    def __init__(self, choice: BlockChoice, threads: Threads):
        equations = choice.equations
        self._choice, self._threads = choice, threads
        scale = np.sqrt(np.diag(equations.hessian))
        hessian = (equations.hessian / np.outer(scale, scale)).astype(np.float32)
        self._right = (equations.right / scale).astype(np.float32)
        self._values, self._vectors = np.linalg.eigh(hessian)
        height = max(1, _PIECE_ROWS // choice.block.rows) * choice.block.rows
        rows = len(self._right)
        self._pieces = [slice(i, min(rows, i + height)) for i in range(0, rows, height)]
        self._rho = self._next_rho = _FIRST_RHO
        self._inverse = self._inverted(self._rho)
        self._y = (equations.optimum() * scale).astype(np.float32)
        self._mask = self._best_blocks()
        self._y *= expand(self._mask, choice.block, self._y.shape)

    def run(self) -> np.ndarray:
        before = None
        for number in range(1, _MOST_ITERATIONS + 1):
            inside = expand(self._mask, self._choice.block, self._y.shape)
            parts = self._threads.map(_step, self, [(rows, inside[rows]) for rows in self._pieces])
            self._y = np.concatenate(list(parts))
            self._rho = self._next_rho
            self._mask = self._best_blocks()
            if number % _UPDATE_EVERY:
                continue
            if before is not None:
                changed = np.count_nonzero(self._mask > before) / max(1, self._choice.count)
                if not changed:
                    break
                growth = next(factor for share, factor in _GROWTH if changed > share)
                self._next_rho = self._rho * growth
                self._inverse = self._inverted(self._next_rho)
            before = self._mask
        return self._mask

    def step(self, rows: slice, inside: np.ndarray) -> np.ndarray:
        """Y of some rows; ``inside`` is the mask of their weights."""
        y, old, new = self._y[rows], np.float32(self._rho), np.float32(self._next_rho)
        weights = (self._right[rows] + y * np.where(inside, new, -old)) @ self._inverse
        return weights + np.where(inside, np.float32(0), y * (old / new))

    def _best_blocks(self) -> np.ndarray:
        scores = block_sums(np.square(self._y), self._choice.block)
        return keep_count(scores, self._choice.count, self._choice.allowed)

    def _inverted(self, rho: float) -> np.ndarray:
        return (self._vectors / (self._values + np.float32(rho))) @ self._vectors.T


def _step(iteration: _Iteration, piece: tuple[slice, np.ndarray]) -> np.ndarray:
    return iteration.step(*piece)
