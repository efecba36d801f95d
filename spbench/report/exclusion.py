"""What a report leaves out, or counts with a remark, and why: nothing is dropped in silence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from spbench.report.case import Case, counts
from spbench.store.schema import Row, Status

_ORDER = ["wrong", "failed", "no samples", "no row", "unavailable", "unsupported"]


@dataclass(frozen=True)
class Exclusion:
    """Cases of one backend that are out, or remarked on, for one reason."""

    backend: str
    status: str  # a Status, or "no samples" (an ok row without usable times), or "no row"
    reason: str
    cases: tuple[str, ...]
    all_cases: bool  # whether that is every case of the run


def exclusions(cases: Sequence[Case]) -> list[Exclusion]:
    """Everything that does not count, the gravest first."""
    backends = sorted({name for case in cases for name in case.rows})
    grouped: dict[tuple[str, str, str], list[str]] = {}
    for case in cases:
        for backend in backends:
            status, reason = _why_out(case.rows.get(backend))
            if status:
                grouped.setdefault((backend, status, reason), []).append(str(case))
    found = [Exclusion(*key, tuple(out), len(out) == len(cases)) for key, out in grouped.items()]
    return sorted(found, key=lambda each: (_ORDER.index(each.status), each.backend, each.reason))


def bad_results(cases: Sequence[Case]) -> str:
    """A warning if results were wrong or backends failed, with the first; empty if not."""
    found = [
        (case, row)
        for case in cases
        for row in case.rows.values()
        if row.status in (Status.WRONG, Status.FAILED)
    ]
    if not found:
        return ""
    case, row = min(found, key=lambda each: each[1].status is not Status.WRONG)
    counts = Counter(row.status for _, row in found)
    told = " and ".join(
        f"{counts[status]} {'is' if counts[status] == 1 else 'are'} wrong"
        if status is Status.WRONG
        else f"{counts[status]} failed"
        for status in (Status.WRONG, Status.FAILED)
        if counts[status]
    )
    rows = sum(len(case.rows) for case in cases)
    return (
        f"Of {rows} results {told}: the first, {row.backend} on {case}: {_why_out(row)[1]}. They"
        " are in no figure and in no verdict; all of them stand under 'What did not run, and why'."
    )


def remarks(cases: Sequence[Case]) -> list[Exclusion]:
    """Rows that count but carry a reason, alike but for their numbers taken together."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for case in cases:
        for backend, row in case.rows.items():
            if counts(row) and row.reason:
                grouped.setdefault((backend, without_numbers(row.reason)), []).append(str(case))
    return [
        Exclusion(backend, str(Status.OK), reason, tuple(out), len(out) == len(cases))
        for (backend, reason), out in sorted(grouped.items())
    ]


def without_numbers(reason: str) -> str:
    """A reason without what differs from row to row."""
    return re.sub(r"\d+(\.\d+)?", "...", reason)


def _why_out(row: Row | None) -> tuple[str, str]:
    """Status and reason; empty if the row counts."""
    if row is None:
        return "no row", "not measured: the run was cut short, or did not ask for it"
    if counts(row):
        return "", ""
    if row.status is Status.OK:
        return "no samples", "no usable samples: a time is missing or not above 0"
    return str(row.status), row.reason or "no reason given"
