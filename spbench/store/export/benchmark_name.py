"""One name for each row, for tools that know nothing but names.

The same row has the same name in every run of a sweep, so that these tools can
compare runs: no path and no identity of a run is in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from spbench.store.schema import Row


def benchmark_names(rows: Sequence[Row]) -> list[str]:
    """A name for each of ``rows``, such as ``spbench/768x768x128/4x1/0.8/s32/threads:1``.

    What is as usual is left out. Where names would be alike, as with several machines, host and
    case tell them apart; where one machine was measured, its host is in no name.
    """
    names = [_name(row) for row in rows]
    if len({row.host for row in rows}) > 1:
        names = [f"{name}/host:{row.host}" for name, row in zip(names, rows, strict=True)]
    times = Counter(names)
    return [
        f"{name}/case:{row.case_id}" if times[name] > 1 else name
        for name, row in zip(names, rows, strict=True)
    ]


def _name(row: Row) -> str:
    parts = [row.backend, f"{row.m}x{row.k}x{row.n}", row.pattern, f"{row.sparsity:.4g}"]
    parts += [row.output, f"threads:{row.threads}"]
    if row.weights != "random":
        model, _, tensor = row.weights.rpartition(":")
        parts.insert(1, f"{Path(model).name}:{tensor}")
    usual = {"epilogue": "none", "cache": "hot", "seed": 0}
    parts += [
        f"{field}:{getattr(row, field)}"
        for field, value in usual.items()
        if getattr(row, field) != value
    ]
    return "/".join(parts)
