"""What a sweep found, in a line for each shape and sparsity."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from spbench.measure.statistics import Interval, Verdict, geometric_mean, speedup, verdict
from spbench.store.schema import Row, Status

SUBJECT = "spbench"
BASELINE = "onednn"


@dataclass(frozen=True)
class Finding:
    """One shape at one sparsity; ``layers`` of a model that share both count as one."""

    shape: str
    pattern: str
    sparsity: float
    threads: int
    layers: int  # 0 for random weights
    time_ns: float  # median over the layers
    speedup: Interval | None  # geometric mean over the layers; None without a baseline
    verdict: Verdict | None


def findings(rows: Sequence[Row], subject: str, baseline: str = BASELINE) -> list[Finding]:
    """Findings about ``subject`` from its ``ok`` rows, in the order of the rows."""
    rivals = {row.case_id: row for row in rows if row.backend == baseline}
    groups: dict[tuple, list[Row]] = {}
    for row in rows:
        if row.backend == subject and row.status is Status.OK and row.samples_ns:
            groups.setdefault(_group(row), []).append(row)
    return [_finding(group, rivals) for group in groups.values()]


def subject_of(backends: Sequence[str]) -> str:
    """The backend that the summary is about: spbench, or else the first that was asked for."""
    return SUBJECT if SUBJECT in backends else backends[0]


def _group(row: Row) -> tuple:
    from_model = row.weights != "random"
    return row.m, row.k, row.n, row.pattern, round(row.sparsity, 2), row.threads, from_model


def _finding(rows: list[Row], rivals: dict[str, Row]) -> Finding:
    first = rows[0]
    intervals = [
        speedup(rivals[row.case_id].samples_ns, row.samples_ns)
        for row in rows
        if row.case_id in rivals
        and rivals[row.case_id].status is Status.OK
        and rivals[row.case_id].samples_ns
        and rivals[row.case_id].backend != row.backend
    ]
    gain = geometric_mean(intervals) if intervals else None
    return Finding(
        shape=f"{first.m}x{first.k}x{first.n}",
        pattern=first.pattern,
        sparsity=statistics.mean(row.sparsity_real for row in rows),
        threads=first.threads,
        layers=0 if first.weights == "random" else len(rows),
        time_ns=statistics.median(row.time_ns for row in rows),
        speedup=gain,
        verdict=verdict(gain) if gain else None,
    )
