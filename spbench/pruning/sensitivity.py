"""How much of the model's fidelity each layer costs at each sparsity.

For every layer a curve of sparsities that were tried:

    loss(s) = error of the layer's answers at s, times what the sentence embeddings lose for each
              unit of error, which is measured once a layer by running the whole model with it

From these curves, and what layers cost, :mod:`spbench.pruning.options` chooses.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spbench.formats.encoder import Encoder
from spbench.pruning.calibration import Linear
from spbench.pruning.calibration.fidelity import Fidelity
from spbench.pruning.costs import Costs
from spbench.pruning.masks import blocks_to_keep
from spbench.pruning.methods import Method, Problem
from spbench.pruning.options import Option, choose
from spbench.pruning.passage import Passage, Problems
from spbench.pruning.threads import Pool

LEVELS = (0.0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95)
"""Sparsities that are tried, with the bounds of a layer beside them."""


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """Of the layers of a ``passage`` with a sample, to ``method``."""

    passage: Passage
    method: Method
    pool: Pool
    costs: Costs

    def sparsities(self, mean: float, speed_up: float | None = None) -> dict[str, float]:
        """For each layer, such that they lose the least together.

        ``mean`` is the share of all weights that goes; with ``speed_up``, the layers' costs shall
        add up to that fraction of the dense ones instead. Raises :class:`InputError` where the
        bounds of layers leave no way.
        """
        options: dict[str, list[Option]] = {}
        fidelity = Fidelity(
            Encoder.of(self.passage.checkpoint), self.passage.sample, self.passage.threads
        )

        def try_levels(problems: Problems) -> dict[str, Linear]:
            for name, problem in problems.items():
                options[name] = self._options(problem, mean, fidelity)
            return {}

        self.passage.run(try_levels)
        dense = sum(
            self.costs.dense(layer.shape, self.passage.settings[layer.name].pattern)
            for layer in self.passage.layers
        )
        return choose(options, dense / speed_up if speed_up else (1 - mean) * dense)

    def _options(self, problem: Problem, mean: float, fidelity: Fidelity) -> list[Option]:
        """At every level within the layer's bounds. Embeddings are looked at near ``mean``."""
        given, shape = self.passage.settings[problem.name], problem.weight.shape
        low, high = given.min_sparsity, min(given.max_sparsity, LEVELS[-1])
        levels = sorted({low, high, *(level for level in LEVELS if low < level < high)})
        blocks = int(np.prod(given.pattern.grid(*shape)))
        errors, weight = [], 0.0
        nearest = min(levels, key=lambda level: abs(level - mean))
        for level in levels:
            solution = self.method.sketch(problem, blocks_to_keep(blocks, level), self.pool)
            layer = solution.layer
            errors.append(problem.moments.error(problem.part, layer.weight, layer.bias))
            if level == nearest and errors[-1] > 0:
                weight = fidelity.loss(problem.number, problem.part, layer) / errors[-1]
        costs = [self.costs.pruned(shape, given.pattern, level) for level in levels]
        return [
            Option(level, cost, max(0.0, weight * error))
            for level, cost, error in zip(levels, costs, errors, strict=True)
        ]
