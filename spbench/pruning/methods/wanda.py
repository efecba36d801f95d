"""Wanda: weight times the norm of the input channel that it multiplies."""

from __future__ import annotations

import numpy as np

from spbench.pruning.methods.base import Problem, ScoreMethod, Sees
from spbench.pruning.scores import block_sizes, block_sums


class Wanda(ScoreMethod):
    """Keeps the blocks whose loss would change the output most, were inputs uncorrelated.

    Source: Sun, Liu, Bair, Kolter, A Simple and Effective Pruning Approach for Large Language
    Models, ICLR 2024; here by blocks, and ranked over the layer, as its rows share the budget.
    """

    name = "wanda"
    sees = Sees.INPUTS

    def scores(self, problem: Problem) -> np.ndarray:
        """Root mean square over a block of w * sqrt(E[x^2]), over that of the layer's answers.

        The division makes layers comparable; within one it changes nothing.
        """
        moments, weight = problem.moments, problem.weight
        energy = np.square(weight, dtype=np.float64) * moments.squares
        sums = block_sums(energy, problem.block) / block_sizes(weight.shape, problem.block)
        return np.sqrt(sums / (moments.answers[problem.part].power or 1.0))
