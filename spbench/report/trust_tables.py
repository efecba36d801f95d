"""Tables of what speaks against the numbers: an unsteady machine, outliers, drifts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from spbench.report.case import Case
from spbench.report.health import Health, health_of
from spbench.report.machine import Machines
from spbench.report.table import NOTHING, Table


def stability(warnings: Iterable[Mapping[str, Any]], machines: Machines) -> Table:
    """What the machines did while the run was measured, as each invocation of it found."""
    keys = ("host", "what", "number", "advice")
    found = Counter(tuple(str(each.get(key, NOTHING)) for key in keys) for each in warnings)
    rows = [
        [machines.name(host), what + (f" ({times} times)" if times > 1 else ""), number, advice]
        for (host, what, number, advice), times in found.items()
    ]
    heads = ["machine", "what happened", "how much", "what to do"]
    return Table("Stability", heads, rows)


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
