"""The cases of a sweep: every combination of its axes, once, in a fixed order."""

from __future__ import annotations

from collections.abc import Sequence

from spbench.formats import BlockShape, GemmProblem
from spbench.sweeps.case import Case
from spbench.sweeps.config import SweepConfig
from spbench.sweeps.model_layers import ModelLayer


def build_cases(config: SweepConfig, layers: Sequence[ModelLayer] = ()) -> list[Case]:
    """The model's layers first, then the shapes; in each of the two, thread counts outermost.

    Workers are started anew when the number of threads changes, so it changes seldom. Sparsity,
    output, epilogue and caches are innermost.
    """
    problems = (_layer_problems(config, layers), _shape_problems(config))
    cases = [
        Case(problem, threads, cache)
        for group in problems
        for threads in config.threads
        for problem in group
        for cache in config.cache
    ]
    return list(dict.fromkeys(cases))


def _layer_problems(config: SweepConfig, layers: Sequence[ModelLayer]) -> list[GemmProblem]:
    return [
        GemmProblem(
            m=layer.m,
            k=layer.k,
            n=n,
            pattern=layer.pattern,
            sparsity=layer.sparsity,
            weights=layer.weights,
            output=output,
            seed=config.seed,
            epilogue=epilogue,
        )
        for layer in layers
        for n in config.model_tokens
        for output in config.output
        for epilogue in config.epilogues
    ]


def _shape_problems(config: SweepConfig) -> list[GemmProblem]:
    return [
        GemmProblem(
            m=m,
            k=k,
            n=n,
            pattern=BlockShape.parse(pattern),
            sparsity=sparsity,
            output=output,
            seed=config.seed,
            epilogue=epilogue,
        )
        for m, k, n in config.shape_sizes()
        for pattern in config.patterns
        for sparsity in config.sparsity
        for output in config.output
        for epilogue in config.epilogues
    ]
