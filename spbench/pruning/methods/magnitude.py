"""Magnitude: a block matters as much as its weights are large."""

from __future__ import annotations

import numpy as np

from spbench.pruning.methods.base import Problem, ScoreMethod, Sees
from spbench.pruning.scores import block_scores


class Magnitude(ScoreMethod):
    """Keeps the blocks of the largest norm; no text is needed.

    Source: Han, Pool, Tran, Dally, Learning both Weights and Connections, NeurIPS 2015; by blocks,
    Narang, Undersander, Diamos, Block-Sparse Recurrent Neural Networks, 2017.
    """

    name = "magnitude"
    sees = Sees.WEIGHTS

    def scores(self, problem: Problem) -> np.ndarray:
        """Mean or root mean square of a block's weights: :func:`block_scores`."""
        return block_scores(problem.weight, problem.block, problem.norm)
