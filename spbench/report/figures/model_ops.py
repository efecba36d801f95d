"""Where spbench's time goes in a whole model."""

from __future__ import annotations

from matplotlib.patches import Patch

from spbench.report.case import percent
from spbench.report.figures.style import COLOURS, GREY, Figure, finish, head, panels, styled
from spbench.report.machine import Machines
from spbench.report.models.case import DENSE, SUBJECT, ModelCase
from spbench.report.models.numbers import milliseconds
from spbench.report.models.study import ModelStudy
from spbench.report.models.tables import op_names

CASES = 24
"""More bars than this are left to the table."""
_NAMED = len(COLOURS)


def draw(study: ModelStudy, machines: Machines) -> list[Figure]:
    """A bar for each case, cut by kind of op: shares of its sum, the time at its end."""
    cases = [case for case in study.cases if (row := case.counted(SUBJECT)) and row.op_time_ns]
    if not cases:
        return []
    more = len(cases) - CASES
    cases = cases[:CASES]
    ops = op_names(cases)
    named, others = ops[:_NAMED], ops[_NAMED:]
    title = "spbench's time by op"
    with styled():
        canvas, (axes,) = panels(1, 1, 0.6 + 0.27 * len(cases))
        for place, case in enumerate(cases):
            _bar(axes, place, case, named)
        axes.set_yticks(range(len(cases)), map(_label, cases))
        axes.set_ylim(len(cases) - 0.5, -0.5)
        axes.set_xlim(0, 112)
        axes.set_xticks(range(0, 101, 20))
        axes.grid(axis="y", visible=False)
        axes.set_xlabel("Share of the time of all ops (%)")
        head(canvas, title, _legend(named, others), 4)
        caption = "At the end of each bar: the median call, in milliseconds."
        caption += f" Other: {', '.join(others)}." if others else ""
        caption += f" Cases left out: {more}, see table." if more > 0 else ""
        hosts = dict.fromkeys(case.setting.host for case in cases)
        source = "; ".join(machines.of(host).headline for host in hosts) + "."
        return [finish(canvas, "model-time-by-op", title, caption, source)]


def _bar(axes, place: int, case: ModelCase, named: list[str]) -> None:
    row = case.counted(SUBJECT)
    total = sum(row.op_time_ns.values())
    left = 0.0
    for op, colour in zip(named, COLOURS, strict=False):
        width = 100 * row.op_time_ns.get(op, 0.0) / total
        axes.barh(place, width, 0.72, left, color=colour, edgecolor="white", linewidth=0.6)
        left += width
    axes.barh(place, 100 - left, 0.72, left, color="#CCCCCC", edgecolor="white", linewidth=0.6)
    axes.text(101, place, f"{milliseconds(row.time_ns)} ms", va="center", fontsize=8, color=GREY)


def _label(case: ModelCase) -> str:
    row = case.any_row
    pruned = DENSE if row.pattern == DENSE else f"{row.pattern} {percent(row.sparsity)}"
    threads = f", {row.threads} threads" if row.threads > 1 else ""
    return f"{case.model} {case.size}, {pruned}{threads}"


def _legend(named: list[str], others: list[str]) -> list[Patch]:
    handles = [Patch(color=colour, label=op) for op, colour in zip(named, COLOURS, strict=False)]
    return [*handles, *([Patch(color="#CCCCCC", label="other")] if others else [])]
