"""Speed-up over the dense baseline by shape: where does it pay?"""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from spbench.measure.statistics import Verdict
from spbench.report.case import percent
from spbench.report.comparison import Comparison
from spbench.report.figures.style import (
    GREY,
    PANELS,
    Figure,
    by_size,
    finish,
    grouped_by_n,
    head,
    interval_marks,
    panels,
    ratio_axis,
    source_of,
    sparsity_marks,
    spread_out,
    styled,
    tokens,
)
from spbench.report.machine import MachineFacts
from spbench.report.study import Study


def draw(study: Study, machine: MachineFacts) -> list[Figure]:
    """A panel for each number of tokens, a row for each shape, a mark for each sparsity."""
    if not study.random:
        return []
    shapes = by_size({each.case.shape for each in study.random})
    marks = sparsity_marks(sorted({each.case.sparsity for each in study.random}))
    groups, left_out = spread_out(grouped_by_n(study.random, lambda each: each.case.n), PANELS)
    with styled():
        canvas, grid = panels(
            len(groups), 2, max(0.26 * len(shapes) + 0.9, 1.5), sharex=True, sharey=True
        )
        for axes, (n, comparisons) in zip(grid, groups.items(), strict=True):
            _panel(axes, comparisons, shapes, marks)
            axes.set_title(tokens(n), loc="left")
        _scales(grid, study.random, shapes)
        title = f"Speed-up over {study.over} by shape"
        head(canvas, title, _legend(marks), 5)
        return [
            finish(
                canvas,
                "speedup-by-shape",
                title,
                "Marks: median of the paired ratios, with their 99 % interval (often narrower than"
                " the mark). Dashed: bound 1/(1-s) of each sparsity. Left of 1x dense wins."
                f"{left_out}",
                source_of(study, machine),
            )
        ]


def _panel(axes: Axes, comparisons: list[Comparison], shapes: list, marks: dict) -> None:
    for sparsity, (colour, _) in marks.items():
        axes.axvline(1 / (1 - sparsity), color=colour, linestyle="--", linewidth=1, alpha=0.8)
    axes.axvline(1, color=GREY, linewidth=1.4)
    groups: dict[tuple[float, bool], list[Comparison]] = {}
    for each in comparisons:
        hollow = each.verdict is Verdict.UNDECIDED
        groups.setdefault((each.case.sparsity, hollow), []).append(each)
    for (sparsity, hollow), group in groups.items():
        colour, marker = marks[sparsity]
        interval_marks(
            axes,
            [each.interval for each in group],
            [shapes.index(each.case.shape) for each in group],
            (colour, marker, "white" if hollow else colour),
            markersize=6,
        )


def _scales(grid: list[Axes], comparisons: list[Comparison], shapes: list) -> None:
    top = max(
        max(each.interval.high for each in comparisons),
        max(1 / (1 - each.case.sparsity) for each in comparisons),
        1.2,
    )
    low = min(min(each.interval.low for each in comparisons), 0.9)
    for axes in grid:
        ratio_axis(axes.xaxis, low / 1.15, top * 1.15)
        axes.set_yticks(range(len(shapes)), [f"{m}x{k}" for m, k in shapes])
        axes.set_ylim(len(shapes) - 0.4, -0.6)
        axes.grid(axis="y", visible=True)
        axes.tick_params(labelbottom=True)
        axes.set_xlabel("Speed-up (logarithmic)")
        if axes.get_subplotspec().is_first_col():
            axes.set_ylabel("Shape (MxK)")


def _legend(marks: dict) -> list[Line2D]:
    handles = [
        Line2D(
            [],
            [],
            color=colour,
            marker=marker,
            linestyle="none",
            label=f"{percent(sparsity)} zeros",
        )
        for sparsity, (colour, marker) in marks.items()
    ]
    hollow = Line2D(
        [],
        [],
        color=GREY,
        marker="o",
        markerfacecolor="white",
        linestyle="none",
        label="hollow: undecided",
    )
    bound = Line2D([], [], color=GREY, linestyle="--", linewidth=1, label="bound 1/(1-s)")
    return [*handles, hollow, bound]
