"""The rows of a comparison as a table has them: runtimes of a case side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from spbench.measure.contestant import LOST_SHARE_LIMIT
from spbench.measure.statistics import Interval, speedup
from spbench.store.model_row import ModelRow
from spbench.store.schema import Status

SUBJECT = "spbench"
_MS = 1e6


@dataclass(frozen=True)
class Line:
    """One runtime on one case. ``ratio`` is its time over spbench's, from paired rounds."""

    model: str
    call: str
    pattern: str
    sparsity: float
    threads: int
    runtime: str
    status: str
    time: Interval | None = None  # ms
    p99_ms: float | None = None
    throughput: float | None = None
    ratio: Interval | None = None
    cosine: float | None = None


def side_by_side(rows: Sequence[ModelRow]) -> list[Line]:
    """A line for each row, in their order."""
    subjects = {
        (row.case_id, row.host): row
        for row in rows
        if row.runtime == SUBJECT and row.status is Status.OK
    }
    return [_line(row, subjects.get((row.case_id, row.host))) for row in rows]


def _status(row: ModelRow) -> str:
    """``ok, disturbed`` where other processes had the core for too much of the time to compare."""
    disturbed = row.status is Status.OK and (row.lost_share or 0.0) > LOST_SHARE_LIMIT
    return f"{row.status}, disturbed" if disturbed else str(row.status)


def _line(row: ModelRow, subject: ModelRow | None) -> Line:
    times = {}
    if row.status is Status.OK and row.time_ns is not None:
        low, middle, high = (
            each / _MS for each in (row.time_ns_low, row.time_ns, row.time_ns_high)
        )
        times = {
            "time": Interval(low, middle, high),
            "p99_ms": row.p99_ns / _MS,
            "throughput": row.throughput,
        }
        if subject is not None and subject is not row:
            times["ratio"] = speedup(row.samples_ns, subject.samples_ns)
    return Line(
        model=row.model,
        call=f"{row.batch}x{row.tokens}",
        pattern=row.pattern,
        sparsity=row.sparsity,
        threads=row.threads,
        runtime=row.runtime,
        status=_status(row),
        cosine=row.cosine,
        **times,
    )
