"""A case as the report sees it: one problem with the rows of every backend that met it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from spbench.store.schema import Row, Status


def counts(row: Row) -> bool:
    """Whether the row may enter a table or a figure: checked, and with usable samples."""
    return row.status is Status.OK and has_usable_samples(row)


def has_usable_samples(row: Row) -> bool:
    """Whether its median and all its samples are times: finite and above 0."""
    times = [row.time_ns or 0.0, *(row.samples_ns or [0.0])]
    return min(times) > 0 and math.isfinite(sum(times))


@dataclass(frozen=True)
class Setting:
    """What a reader must not mix: cases of one setting share everything but the problem."""

    host: str
    pattern: str
    threads: int
    cache: str
    output: str
    epilogue: str

    def __str__(self) -> str:
        threads = "1 thread" if self.threads == 1 else f"{self.threads} threads"
        parts = [f"{self.pattern} blocks", threads, f"{self.cache} caches", f"{self.output} output"]
        if self.epilogue != "none":
            parts.append(f"epilogue {self.epilogue}")
        return ", ".join(parts)


@dataclass(frozen=True, eq=False)
class Case:
    """One problem; ``rows`` by backend. All rows share shape, sparsity, threads and seed."""

    rows: dict[str, Row]

    @cached_property
    def any_row(self) -> Row:
        """spbench's row, or the first: what the case's own facts are read from."""
        return self.rows.get("spbench") or next(iter(self.rows.values()))

    @property
    def setting(self) -> Setting:
        row = self.any_row
        return Setting(row.host, row.pattern, row.threads, row.cache, row.output, row.epilogue)

    @property
    def from_model(self) -> bool:
        """Whether the weights are a model's own, not random ones."""
        return self.any_row.weights != "random"

    @property
    def model(self) -> str:
        """Name of the model's folder; empty for random weights."""
        return Path(self.any_row.weights.rpartition(":")[0]).name

    @property
    def tensor(self) -> str:
        """Name of the model's tensor; empty for random weights."""
        return self.any_row.weights.rpartition(":")[2] if self.from_model else ""

    @property
    def shape(self) -> tuple[int, int]:
        """(M, K), in weights."""
        return self.any_row.m, self.any_row.k

    @property
    def n(self) -> int:
        return self.any_row.n

    @property
    def sparsity(self) -> float:
        """What a reader sorts the case under: as asked for; a model's layer has its own."""
        return round(self.sparsity_real, 2) if self.from_model else self.any_row.sparsity

    @property
    def sparsity_real(self) -> float:
        return self.any_row.sparsity_real

    def counted(self, backend: str) -> Row | None:
        """The backend's row, if it counts."""
        row = self.rows.get(backend)
        return row if row is not None and counts(row) else None

    def __str__(self) -> str:
        m, k = self.shape
        problem = f"{m}x{k}x{self.n} {percent(self.sparsity)}"
        return f"{self.tensor} {problem}" if self.from_model else problem

    @cached_property
    def order(self) -> tuple:
        """Sorts random shapes by size, layers as they are numbered in the model."""
        m, k = self.shape
        row = self.any_row
        name = _natural(row.weights) if self.from_model else []
        return (self.from_model, name, m * k, m, self.n, self.sparsity, row.threads, row.case_id)


def group_cases(rows: Iterable[Row]) -> list[Case]:
    """Rows gathered by host and case, in the order in which a reader looks for them."""
    grouped: dict[tuple[str, str], dict[str, Row]] = {}
    for row in rows:
        grouped.setdefault((row.host, row.case_id), {})[row.backend] = row
    return sorted((Case(backends) for backends in grouped.values()), key=lambda case: case.order)


def layer_names(cases: Iterable[Case]) -> dict[str, str]:
    """Short names of the tensors of one model: what all have in common is left out."""
    tensors = sorted({case.tensor for case in cases})
    bare = {tensor: tensor.removesuffix(".weight") for tensor in tensors}
    parts = [name.split(".") for name in bare.values()]
    shared = 0
    if len(parts) > 1:
        shortest = min(len(part) for part in parts) - 1
        while shared < shortest and len({part[shared] for part in parts}) == 1:
            shared += 1
    return {tensor: ".".join(name.split(".")[shared:]) for tensor, name in bare.items()}


def percent(share: float) -> str:
    """A share as people read it: 0.8 is ``80 %``, 0.875 is ``87.5 %``."""
    return f"{100 * share:.1f}".removesuffix(".0") + " %"


def _natural(text: str) -> list[tuple[int, int | str]]:
    """Sort key that reads numbers as numbers: layer 2 before layer 10."""
    return [
        (0, int(part)) if part.isdigit() else (1, part) for part in re.split(r"(\d+)", text) if part
    ]
