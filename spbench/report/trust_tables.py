"""Tables of what speaks against the numbers: an unsteady machine, outliers, drifts."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from spbench.measure.contestant import MOST_REPEATS
from spbench.measure.stability import is_standing
from spbench.report.case import Case, counts, percent
from spbench.report.health import MANY_OUTLIERS, Health, health_of
from spbench.report.machine import Machines
from spbench.report.table import NOTHING, Table
from spbench.store.schema import Row


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


def turns(cases: Sequence[Case]) -> Table:
    """How often each backend lost the core, what was done about it, and what is left of it."""
    groups: dict[str, list[Row]] = {}
    for case in cases:
        for backend, row in case.rows.items():
            if counts(row) and row.turns_repeated is not None:
                groups.setdefault(backend, []).append(row)
    return Table(
        "Turns that lost the core to others",
        ["backend", "turns", "taken again", "disturbed in every try", "CPU time over wall time"],
        [[backend, *_turns(groups[backend])] for backend in sorted(groups)],
        "A turn that lost the core for more than a tenth of its time was taken again, up to"
        f" {MOST_REPEATS} times; the try that had most of the core counts. Beside the counts their"
        " share. CPU time is that of all threads of the process, in a median call: near the number of"
        " threads it had the cores to itself; least, median and most over its rows.",
        numbers_from=1,
    )


def _turns(rows: Sequence[Row]) -> list[str]:
    played = sum(len(row.samples_ns) for row in rows)
    lost = (
        sum(row.turns_repeated or 0 for row in rows),
        sum(len(row.disturbed_rounds or []) for row in rows),
    )
    shares = sorted(row.cpu_time_ns / row.time_ns for row in rows if row.cpu_time_ns)
    spread = (shares[0], statistics.median(shares), shares[-1]) if shares else ()
    return [
        str(played),
        *(f"{count} ({100 * count / played:.1f} %)" for count in lost),
        ", ".join(f"{share:.2f}" for share in spread) or NOTHING,
    ]


def sample_health(cases: Sequence[Case]) -> Table:
    """Outliers and drifts among the samples of the rows that count, backend by backend."""
    rows = [_health_row(each) for each in health_of(cases)]
    return Table(
        "Outliers and drifts",
        [
            "backend",
            "rows with many outliers",
            "the farthest",
            "rows that drift",
            "the greatest drift",
        ],
        rows,
        f"Many are more than {percent(MANY_OUTLIERS)} of a row's samples. Neither moves a median or a"
        " paired ratio much; both say that the machine was not left alone. Outliers by the modified Z-score, drifts by the test of Mann and Kendall.",
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
