"""Where a runner gets the weights of a model's layers from."""

from __future__ import annotations

from collections.abc import Callable

from spbench.formats import BlockSparseMatrix, GemmProblem

WeightOf = Callable[[GemmProblem], BlockSparseMatrix | None]
"""The weight of a problem from a model; None for random weights, which the runner makes."""
