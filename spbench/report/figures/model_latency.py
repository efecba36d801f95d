"""Latency of whole models by runtime: who answers how soon?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from spbench.report.case import percent
from spbench.report.figures.style import (
    GREY,
    PANELS,
    Figure,
    finish,
    head,
    log_axis,
    panels,
    sparsity_marks,
    styled,
)
from spbench.report.machine import Machines
from spbench.report.models.case import DENSE, ModelCase, ModelSetting
from spbench.report.models.runtime import Footnotes
from spbench.report.models.study import ModelStudy, runtimes
from spbench.store.model_row import ModelRow

_ROW = 0.7
"""Of the height that a runtime has, what its marks take."""


def draw(study: ModelStudy, setting: ModelSetting, machines: Machines) -> list[Figure]:
    """A panel for each model and size, a row for each runtime, a mark for each sparsity.

    Where spbench was alone, there is nothing to compare: that is left to the tables.
    """
    groups = by_panel(case for case in study.settings[setting] if study.rivals(case))
    if not groups:
        return []
    left_out = len(groups) - PANELS
    groups = dict(list(groups.items())[:PANELS])
    cases = [case for group in groups.values() for case in group]
    rows = [row for case in cases for name in case.rows if (row := case.counted(name))]
    names = runtimes(rows)
    marks = sparsity_marks(sorted({case.sparsity for case in cases}))
    footnotes = Footnotes.of(rows)
    title = "Latency of whole models by runtime"
    with styled():
        height = 0.55 + len(names) * (0.12 + 0.09 * len(marks))
        canvas, grid = panels(len(groups), 2, height, sharey=True)
        for axes, ((model, size), group) in zip(grid, groups.items(), strict=True):
            for case in group:
                for place, name in enumerate(names):
                    if row := case.counted(name):
                        _mark(axes, place, row, case.sparsity, marks)
            _scales(axes, group, [footnotes.labels[name] for name in names])
            axes.set_title(f"{model}, {size}", loc="left")
        head(canvas, title, _legend(marks, cases), 6)
        caption = (
            "A call answers batch x tokens. Marks: median with its 99 % interval; strokes: 99th"
            f" percentile of single calls.{footnotes.text}"
        )
        caption += f" Panels left out: {left_out}, see tables." if left_out > 0 else ""
        return [finish(canvas, "model-latency", title, caption, source(setting, machines))]


def by_panel(cases: Iterable[ModelCase]) -> dict[tuple[str, str], list[ModelCase]]:
    """Cases by model and size, in their order."""
    groups: dict[tuple[str, str], list[ModelCase]] = {}
    for case in cases:
        groups.setdefault(case.panel, []).append(case)
    return groups


def source(setting: ModelSetting, machines: Machines) -> str:
    """Machine, date and setting, as the last line of a caption."""
    return f"{machines.of(setting.host).headline}; {setting}."


def _mark(axes: Axes, place: int, row: ModelRow, sparsity: float, marks: dict) -> None:
    order = list(marks)
    height = place + _ROW * ((order.index(sparsity) + 0.5) / len(order) - 0.5)
    colour, marker = marks[sparsity]
    low, high = row.time_ns_low or row.time_ns, row.time_ns_high or row.time_ns
    axes.errorbar(
        row.time_ns / 1e6,
        height,
        xerr=[[(row.time_ns - low) / 1e6], [(high - row.time_ns) / 1e6]],
        color=colour,
        marker=marker,
        markersize=4.5,
        elinewidth=1.2,
        capsize=2,
        zorder=3,
    )
    if row.p99_ns:
        axes.plot(row.p99_ns / 1e6, height, color=colour, marker="|", markersize=6)


def _scales(axes: Axes, cases: Sequence[ModelCase], labels: list[str]) -> None:
    times = [
        time_ns / 1e6
        for case in cases
        for name in case.rows
        if (row := case.counted(name))
        for time_ns in (row.time_ns, row.p99_ns, row.time_ns_high, row.time_ns_low)
        if time_ns
    ]
    log_axis(axes.xaxis, min(times) / 1.3, max(times) * 1.3)
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("Milliseconds a call (logarithmic)")


def _legend(marks: dict, cases: Sequence[ModelCase]) -> list[Line2D]:
    dense = all(case.any_row.pattern == DENSE for case in cases)
    handles = [
        Line2D(
            [],
            [],
            color=colour,
            marker=marker,
            linestyle="none",
            label="not pruned" if dense else f"{percent(sparsity)} zeros",
        )
        for sparsity, (colour, marker) in marks.items()
    ]
    stroke = Line2D([], [], color=GREY, marker="|", linestyle="none", label="99th percentile")
    return [*handles, stroke]
