"""Tables of what speaks against the numbers: an unsteady machine, outliers, drifts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from spbench.measure.stability import is_standing
from spbench.report.case import Case
from spbench.report.health import Health, health_of
from spbench.report.machine import Machines
from spbench.report.table import NOTHING, Table


def disturbances(warnings: Iterable[Mapping[str, Any]], machines: Machines) -> Table:
    """What happened while the run was measured, as each invocation of it found."""
    events = [each for each in warnings if not is_standing(each)]
    return _stability("What disturbed the measuring", "what happened", events, machines)


def circumstances(warnings: Iterable[Mapping[str, Any]], machines: Machines) -> Table:
    """What makes the machines less steady than they could be, all the time."""
    facts = [each for each in warnings if is_standing(each)]
    return _stability("What the machine is like, disturbed or not", "what", facts, machines)


def _stability(
    title: str, what_head: str, warnings: Iterable[Mapping[str, Any]], machines: Machines
) -> Table:
    keys = ("host", "what", "number", "advice")
    found = Counter(tuple(str(each.get(key, NOTHING)) for key in keys) for each in warnings)
    rows = [
        [machines.name(host), what + (f" ({times} times)" if times > 1 else ""), number, advice]
        for (host, what, number, advice), times in found.items()
    ]
    return Table(title, ["machine", what_head, "how much", "what to do"], rows)


def sample_health(cases: Sequence[Case]) -> Table:
    """Outliers and drifts among the samples of the rows that count, backend by backend."""
    rows = [_health_row(each) for each in health_of(cases)]
    return Table(
        "Outliers and drifts",
        ["backend", "rows with outliers", "the farthest", "rows that drift", "the greatest drift"],
        rows,
        "Neither moves a median or a paired ratio much; many of them say that the machine was not"
        " left alone. Outliers by the modified Z-score, drifts by the test of Mann and Kendall.",
    )


def _health_row(health: Health) -> list[str]:
    far, drifting, rows = health.with_outliers, health.drifting, len(health.rows)
    return [
        health.backend,
        f"{len(far)} of {rows}",
        f"{far[0].farthest:.3g} x the median: {far[0].case}" if far else NOTHING,
        f"{len(drifting)} of {rows}",
        f"{100 * drifting[0].drift:+.1f} %: {drifting[0].case}" if drifting else NOTHING,
    ]
