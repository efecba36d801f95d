"""The line that repeats a row."""

from __future__ import annotations

import os
import shlex

from spbench.kernels.isa import VARIABLE
from spbench.measure.settings import Protocol
from spbench.sweeps.case import Case


def command(case: Case, backend: str, settings: Protocol) -> str:
    """A ``spbench run-gemm one`` line, quoted for a shell; defaults of the protocol left out.

    A cap on the instruction set belongs to it, since it decides which kernel runs.
    """
    problem = case.problem
    if problem.weights == "random":
        what = ["--shape", f"{problem.m}x{problem.k}x{problem.n}"]
        what += ["--sparsity", repr(problem.sparsity)]
    else:
        model, _, tensor = problem.weights.rpartition(":")
        what = ["--from-model", model, "--layer", tensor, "--tokens", str(problem.n)]
    what += ["--pattern", str(problem.pattern), "--output", problem.output]
    what += [] if problem.is_usual else ["--epilogue", problem.epilogue]
    how = ["--backend", backend, "--threads", str(case.threads), "--seed", str(problem.seed)]
    how += [] if case.cache == "hot" else ["--cache", case.cache]
    changed = ",".join(f"{key}={value}" for key, value in settings.changed().items())
    protocol = ["--protocol", changed] if changed else []
    return shlex.join([*environment(), "spbench", "run-gemm", "one", *what, *how, *protocol])


def environment() -> list[str]:
    """What decides which kernel runs, as the beginning of a line."""
    cap = os.environ.get(VARIABLE, "").strip()
    return ["env", f"{VARIABLE}={cap}"] if cap else []
