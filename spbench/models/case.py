"""A case: a model with its weights, the sentences of a call, and the cores that it gets."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

from spbench.models.model_choice import UNPRUNED, ModelChoice, Pruned


@dataclass(frozen=True)
class ModelCase:
    """``batch`` sentences of ``tokens`` tokens, answered on ``threads`` threads."""

    model: ModelChoice
    pruned: Pruned
    batch: int
    tokens: int
    threads: int
    seed: int

    @property
    def case_id(self) -> str:
        """The same for the same case in every run, on every machine."""
        facts = asdict(self.pruned) | {
            "model": self.model.name,
            "batch": self.batch,
            "tokens": self.tokens,
            "threads": self.threads,
            "instances": 1,
            "seed": self.seed,
        }
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:12]

    def pruning_options(self) -> list[str]:
        """What a command line says of it; nothing of a model as it is."""
        if self.pruned == self.model.as_it_is:
            return []
        options = ["--sparsity", repr(self.pruned.sparsity)]
        return options + ([] if self.pruned == UNPRUNED else ["--pattern", self.pruned.pattern])

    def __str__(self) -> str:
        return f"{self.model.name} {self.batch}x{self.tokens}, {self.pruned}"
