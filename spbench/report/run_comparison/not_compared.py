"""What is in the runs and yet not compared, and why: nothing is dropped in silence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from spbench.report.case import Case, counts
from spbench.report.run_comparison.side import Key, Side
from spbench.store.schema import Row, Status

_NAMED = 3


@dataclass(frozen=True)
class NotCompared:
    """One case and backend that has no counterpart, or no times.

    ``lost``: it has times in every run of A, so that B is what lacks them.
    """

    case: str
    backend: str
    reason: str
    lost: bool = False

    def __str__(self) -> str:
        return f"{self.backend}, {self.case}: {self.reason}"


def grouped(found: Sequence[NotCompared]) -> list[str]:
    """A line for each backend and reason, with the first cases by name."""
    cases: dict[tuple[str, str], list[str]] = {}
    for each in found:
        cases.setdefault((each.backend, each.reason), []).append(each.case)
    return [
        f"{backend}, {reason}: {', '.join(names[:_NAMED])}{_more(len(names) - _NAMED)}"
        for (backend, reason), names in cases.items()
    ]


def _more(count: int) -> str:
    return f" and {count} more" if count > 0 else ""


def why_not(
    key: Key, a: Side, b: Side, rows: Sequence[Sequence[Mapping[Key, Row]]]
) -> NotCompared | None:
    """Why this key cannot be compared; None if every run of both sides has a row that counts.

    ``rows`` are those of the runs of A and of B.
    """
    found = [[run.get(key) for run in runs] for runs in rows]
    present = [row for side in found for row in side if row]
    case, backend = str(Case({present[0].backend: present[0]})), present[0].backend
    reason = _reason(a, b, found)
    lost = all(row and counts(row) for row in found[0])
    return NotCompared(case, backend, reason, lost) if reason else None


def _reason(a: Side, b: Side, found: Sequence[Sequence[Row | None]]) -> str:
    """Empty if every run of both sides has a row that counts."""
    for side, mine, other in ((a, *found), (b, *found[::-1])):
        if not any(other):
            return f"only in {side.name}"
        if any(mine) and not all(mine):
            return f"not in every run of {side.name}"
    for side, mine in zip((a, b), found, strict=True):
        for row in mine:
            if not counts(row):
                return f"{side.name}: {_what_is_wrong(row)}"
    return ""


def _what_is_wrong(row: Row) -> str:
    if row.status is Status.OK:
        return "no times"
    return f"{row.status}: {row.reason}" if row.reason else str(row.status)
