"""A case of a search: a model and its sentences, the limit, and the cores to share out."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from spbench.models.case import ModelCase


@dataclass(frozen=True)
class LimitCase:
    """``largest`` has the most sentences that a call may have, on one thread."""

    largest: ModelCase
    limit_ms: float
    cores: int

    @property
    def limit_ns(self) -> float:
        return self.limit_ms * 1e6

    @property
    def case_id(self) -> str:
        """The same for the same question in every run, on every machine, whatever the answer."""
        facts = [self.largest.case_id, self.limit_ms, self.cores]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:12]

    def splits(self) -> list[tuple[int, int]]:
        """(instances, threads of each) that use all cores, most instances first."""
        return [
            (self.cores // threads, threads)
            for threads in range(1, self.cores + 1)
            if self.cores % threads == 0
        ]

    def __str__(self) -> str:
        case = self.largest
        return f"{case.model.name} {case.tokens} tokens, {case.pruned}, within {self.limit_ms:g} ms"
