"""The highest throughput under a latency limit, as a search over batch and instances found it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from spbench.report.case import percent
from spbench.report.models.case import counts
from spbench.report.models.numbers import milliseconds
from spbench.store.model_row import ModelRow
from spbench.store.schema import Status


@dataclass(frozen=True)
class Search:
    """What was searched: one model and length under one limit on one machine."""

    host: str
    model: str
    pattern: str
    sparsity: float
    latency_limit_ns: float
    tokens: int

    def __str__(self) -> str:
        limit = milliseconds(self.latency_limit_ns)
        zeros = f"{self.pattern} {percent(self.sparsity)}"
        return f"{self.model} {self.tokens} tokens, {zeros}, within {limit} ms"


@dataclass(frozen=True)
class Limited:
    """One runtime's result of a search.

    ``best`` has the highest throughput of the rows whose 99th percentile is within the limit;
    None if none is, and then ``reason`` says how far away the quickest stayed. ``tried`` counts
    the settings that were measured.
    """

    search: Search
    runtime: str
    best: ModelRow | None
    reason: str
    tried: int

    @property
    def throughput(self) -> float | None:
        """Sequences a second; None if nothing is within the limit."""
        return self.best.throughput if self.best else None


def limited(rows: Sequence[ModelRow]) -> list[Limited]:
    """One for each search and runtime that ran, ordered by search.

    A search may have left one row, its best, or one for each setting that it tried.
    """
    groups: dict[tuple[Search, str], list[ModelRow]] = {}
    for row in rows:
        if row.status is not Status.OK:
            continue
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
    timed = list(filter(counts, rows))
    within = [row for row in timed if row.throughput and latency(row) <= search.latency_limit_ns]
    best = max(within, key=lambda row: row.throughput, default=None)
    tried = sum(len(row.protocol.get("tried", [row])) for row in rows)
    return Limited(search, runtime, best, "" if best else _why_none(rows, timed), tried)


def _why_none(rows: Sequence[ModelRow], timed: Sequence[ModelRow]) -> str:
    if timed:
        return f"none: {milliseconds(min(map(latency, timed)))} ms at best"
    return next((row.reason for row in rows if row.reason), "none")


def _order(search: Search) -> tuple:
    return (
        search.model,
        search.latency_limit_ns,
        search.pattern,
        search.sparsity,
        search.tokens,
        search.host,
    )
