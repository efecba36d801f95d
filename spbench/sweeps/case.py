"""A case: a problem, and the circumstances in which it is measured."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from spbench.formats import GemmProblem


@dataclass(frozen=True)
class Case:
    """One problem on ``threads`` threads, caches as ``GemmTask`` says. The seed belongs to the problem."""

    problem: GemmProblem
    threads: int = 1
    cache: str = "hot"

    @property
    def case_id(self) -> str:
        """The same for the same case in every run, on every machine."""
        problem = self.problem
        facts = {
            "m": problem.m,
            "k": problem.k,
            "n": problem.n,
            "pattern": str(problem.pattern),
            "sparsity": problem.sparsity,
            "weights": problem.weights,
            "output": problem.output,
            "seed": problem.seed,
            "threads": self.threads,
            "cache": self.cache,
        }
        if not problem.is_usual:
            facts["epilogue"] = problem.epilogue
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:12]
