"""Second order: the blocks, and the weights in them, that answer best on calibration text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spbench.pruning.calibration import Linear
from spbench.pruning.masks import keep_count
from spbench.pruning.methods.base import Problem, Sees, Solution
from spbench.pruning.methods.block_admm import BlockChoice
from spbench.pruning.methods.resolve import NormalEquations
from spbench.pruning.scores import block_sums
from spbench.pruning.threads import Pool

DAMPING = 0.01
"""Share of the Hessian's mean diagonal that is added to all of it: how strongly weights are held to
the dense ones where the text says little."""


class SecondOrder:
    """Minimises the squared error of a layer's answers, which is quadratic in its weights.

    The wanted answers are those of the dense model (see :mod:`spbench.pruning.calibration.walk`);
    the Hessian is that of the pruned model's inputs. Blocks are chosen together
    (:mod:`block_admm`), then the weights in them solved for exactly (:mod:`resolve`), and the bias
    takes up the mean error.

    Source: LeCun, Denker, Solla, Optimal Brain Damage, NeurIPS 1989; Hassibi, Stork, Wolff, Optimal
    Brain Surgeon, 1993; Frantar, Alistarh, Optimal Brain Compression, NeurIPS 2022, and SparseGPT,
    ICML 2023, whose update of rows that share a mask is the exact solution here.
    """

    name = "second-order"
    sees = Sees.INPUTS
    updates = True

    def scores(self, problem: Problem) -> np.ndarray:
        """Loss of answers when a block goes and all other weights make up for it.

        w_B^T (Hinv_BB)^-1 w_B summed over the block's rows, over the variance of the answers.
        """
        equations = normal_equations(problem)
        weight, inverse = equations.optimum(), np.linalg.inv(equations.hessian)
        if problem.block.cols == 1:
            losses = block_sums(np.square(weight) / np.diag(inverse), problem.block)
        else:
            losses = _losses_of_wide_blocks(weight, inverse, problem)
        return losses / (problem.moments.answers[problem.part].power or 1.0)

    def solve(
        self, problems: Sequence[Problem], counts: Sequence[int], pool: Pool
    ) -> list[Solution]:
        """See :class:`Method`."""
        equations = [normal_equations(problem) for problem in problems]
        choices = [
            BlockChoice(given, problem.block, count, problem.allowed)
            for given, problem, count in zip(equations, problems, counts, strict=True)
        ]
        masks = list(pool.map(_mask, None, choices))
        return [
            _solution(problem, mask, given.solve(mask, problem.block, pool))
            for problem, mask, given in zip(problems, masks, equations, strict=True)
        ]

    def sketch(self, problem: Problem, count: int, pool: Pool) -> Solution:
        """Blocks by their own losses, weights solved for exactly."""
        mask = keep_count(self.scores(problem), count, problem.allowed)
        solved = normal_equations(problem).solve(mask, problem.block, pool)
        return _solution(problem, mask, solved)


def normal_equations(problem: Problem) -> NormalEquations:
    """Of the wanted answers, damped towards the dense weight."""
    moments = problem.moments
    damping = DAMPING * (np.trace(moments.covariance) / len(moments.covariance) or 1.0)
    hessian = moments.covariance.copy()
    hessian.flat[:: len(hessian) + 1] += damping
    right = moments.answers[problem.part].cross + damping * problem.weight
    return NormalEquations(hessian, right)


def _mask(_: None, choice: BlockChoice) -> np.ndarray:
    return choice.mask()


def _solution(problem: Problem, mask: np.ndarray, solved: np.ndarray) -> Solution:
    weight = solved.astype(np.float32)
    answer = problem.moments.answers[problem.part]
    bias = answer.mean - weight.astype(np.float64) @ problem.moments.mean
    return Solution(mask, Linear(weight, bias.astype(np.float32)))


def _losses_of_wide_blocks(weight: np.ndarray, inverse: np.ndarray, problem: Problem) -> np.ndarray:
    """One small system a block column, whose blocks share a part of the inverse Hessian."""
    block, (m, k) = problem.block, weight.shape
    energy = np.empty((m, block.grid(m, k)[1]))
    for number in range(energy.shape[1]):
        cols = slice(number * block.cols, min(k, (number + 1) * block.cols))
        part = weight[:, cols]
        energy[:, number] = (part * np.linalg.solve(inverse[cols, cols], part.T).T).sum(axis=1)
    ends = np.arange(0, m, block.rows)
    return np.add.reduceat(energy, ends, axis=0)
