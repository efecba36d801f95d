"""One call of one model as the report sees it, with the rows of every runtime that answered it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from spbench.report.case import percent
from spbench.store.model_row import ModelRow
from spbench.store.schema import Status

SUBJECT = "spbench"
DENSE_TWIN = "spbench-dense"
"""The same engine with the same model unpruned: what sparsity alone is worth."""
DENSE = "dense"
"""The pattern of a model that is not pruned."""


def counts(row: ModelRow) -> bool:
    """Whether the row may enter a table or a figure: checked, and with usable times."""
    times = [row.time_ns or 0.0, *(row.samples_ns or [])]
    return row.status is Status.OK and min(times) > 0 and math.isfinite(sum(times))


@dataclass(frozen=True)
class ModelSetting:
    """What a figure must not mix; cases of one setting differ in model, size and sparsity."""

    host: str
    pattern: str
    threads: int
    instances: int

    def __str__(self) -> str:
        threads = "1 thread" if self.threads == 1 else f"{self.threads} threads"
        blocks = self.pattern if self.pattern == DENSE else f"{self.pattern} blocks"
        several = f", {self.instances} instances" if self.instances > 1 else ""
        return f"{blocks}, {threads}{several}"


@dataclass(frozen=True, eq=False)
class ModelCase:
    """``rows`` by runtime; all share model, size, threads and host."""

    rows: dict[str, ModelRow]

    @cached_property
    def any_row(self) -> ModelRow:
        """Of a runtime that runs the pruned model, spbench's if it is there.

        The dense twin's row says what that one runs, not what the case is about.
        """
        others = [row for name, row in self.rows.items() if name != DENSE_TWIN]
        pruned = [row for row in others if row.pattern != DENSE]
        return self.rows.get(SUBJECT) or next(iter([*pruned, *others, *self.rows.values()]))

    @property
    def setting(self) -> ModelSetting:
        row = self.any_row
        return ModelSetting(row.host, row.pattern, row.threads, row.instances)

    @property
    def model(self) -> str:
        return self.any_row.model

    @property
    def size(self) -> str:
        """Sequences by tokens: ``1x128``."""
        return f"{self.any_row.batch}x{self.any_row.tokens}"

    @property
    def tokens(self) -> int:
        """Of all sequences of a call together: the N of its products."""
        return self.any_row.batch * self.any_row.tokens

    @property
    def sparsity(self) -> float:
        return self.any_row.sparsity

    @property
    def panel(self) -> tuple[str, str]:
        """What a figure's panel is about: model and size."""
        return self.model, self.size

    def counted(self, runtime: str) -> ModelRow | None:
        """The runtime's row, if it counts."""
        row = self.rows.get(runtime)
        return row if row is not None and counts(row) else None

    def __str__(self) -> str:
        zeros = f" at {percent(self.sparsity)}" if self.any_row.pattern != DENSE else ""
        return f"{self.model} {self.size}{zeros} ({self.setting})"

    @cached_property
    def order(self) -> tuple:
        row = self.any_row
        size = (self.tokens, row.batch)
        return (
            row.model,
            row.threads,
            row.instances,
            row.pattern,
            *size,
            row.sparsity,
            row.case_id,
        )


def group_cases(rows: Iterable[ModelRow]) -> list[ModelCase]:
    """Rows gathered by host and case, in the order in which a reader looks for them."""
    grouped: dict[tuple[str, str], dict[str, ModelRow]] = {}
    for row in rows:
        grouped.setdefault((row.host, row.case_id), {})[row.runtime] = row
    return sorted((ModelCase(found) for found in grouped.values()), key=lambda case: case.order)
