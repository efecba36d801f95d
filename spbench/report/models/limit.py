"""The highest throughput under a latency limit, as a search over batch and instances found it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from spbench.report.models.case import counts
from spbench.store.model_row import ModelRow


@dataclass(frozen=True)
class Search:
    """What was searched: one model and length under one limit on one machine."""

    host: str
    model: str
    pattern: str
    sparsity: float
    latency_limit_ns: float
    tokens: int


@dataclass(frozen=True)
class Limited:
    """One runtime's result of a search.

    ``best`` has the highest throughput of the rows whose 99th percentile is within the limit;
    None if none is, and then ``nearest`` tells how far away the quickest stayed.
    """

    search: Search
    runtime: str
    best: ModelRow | None
    nearest: ModelRow
    tried: int

    @property
    def throughput(self) -> float | None:
        """Sequences a second; None if nothing is within the limit."""
        return self.best.throughput if self.best else None


def limited(rows: Sequence[ModelRow]) -> list[Limited]:
    """One for each search and runtime with a row that counts, ordered by search."""
    groups: dict[tuple[Search, str], list[ModelRow]] = {}
    for row in filter(counts, rows):
        search = Search(
            row.host, row.model, row.pattern, row.sparsity, row.latency_limit_ns, row.tokens
        )
        groups.setdefault((search, row.runtime), []).append(row)
    found = [_of(search, name, group) for (search, name), group in groups.items()]
    return sorted(found, key=lambda each: (*_order(each.search), each.runtime))


def latency(row: ModelRow) -> float:
    """Nanoseconds that are held against the limit: the 99th percentile, or else the median."""
    return row.p99_ns if row.p99_ns is not None else row.time_ns


def _of(search: Search, runtime: str, rows: Sequence[ModelRow]) -> Limited:
    within = [row for row in rows if row.throughput and latency(row) <= search.latency_limit_ns]
    best = max(within, key=lambda row: row.throughput, default=None)
    return Limited(search, runtime, best, min(rows, key=latency), len(rows))


def _order(search: Search) -> tuple:
    return (
        search.model,
        search.latency_limit_ns,
        search.pattern,
        search.sparsity,
        search.tokens,
        search.host,
    )
