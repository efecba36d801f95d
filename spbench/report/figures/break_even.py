"""The sparsity from which on each shape gains: measured, fitted, or beyond what was measured."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, FuncFormatter

from spbench.measure.statistics import Interval
from spbench.report.break_even import DIGITS_FROM, BreakEven
from spbench.report.figures.style import (
    BLACK,
    BLUE,
    VERMILLION,
    Figure,
    by_size,
    finish,
    grouped_by_n,
    head,
    interval_marks,
    panels,
    source_of,
    styled,
    tokens,
)
from spbench.report.machine import MachineFacts
from spbench.report.study import Study

MEASURED = "#D9D9D9"
ROOM = 0.3
"""Share of the axis that a label needs."""
LEFT, RIGHT = -0.04, 1.04
"""What the axis shows: all sparsities, and room for the marks at its ends."""


def draw(study: Study, machine: MachineFacts) -> list[Figure]:
    """A panel for each number of tokens, a row for each shape."""
    found = study.break_evens
    if not found:
        return []
    shapes = by_size({each.shape[:2] for each in found})
    groups = grouped_by_n(found, lambda each: each.shape[2])
    title = "From which sparsity on it pays"
    with styled():
        height = max(0.26 * len(shapes) + 0.9, 1.5)
        canvas, grid = panels(len(groups), 2, height, sharex=True, sharey=True)
        for axes, (n, group) in zip(grid, groups.items(), strict=True):
            _panel(axes, group, shapes)
            _frame(axes, shapes)
            axes.set_title(tokens(n), loc="left")
        head(canvas, title, _legend(), 3)
        caption = (
            "Break-even of block-sparse int8 with the fastest dense library of each shape, and its"
            " 99 % interval, from a line fitted to the times over sparsity. Hollow: a fit that claims"
            " no confidence, since it lies beyond what was measured or rests on two sparsities, which"
            " test no line. Left is better."
        )
        return [finish(canvas, "break-even", title, caption, source_of(study, machine))]


def _panel(axes: Axes, found: Sequence[BreakEven], shapes: list[tuple[int, int]]) -> None:
    """Grey: where something was measured. Then the fit, or what measurements alone say."""
    rows = {id(each): shapes.index(each.shape[:2]) for each in found}
    _measured(axes, found, [rows[id(each)] for each in found])
    fitted: dict[tuple, list[BreakEven]] = {}
    for each in found:
        if each.pays_without_zeros:
            _without_zeros(axes, rows[id(each)])
        elif each.interval is None or each.contradicted:
            _bracket(axes, rows[id(each)], each)
        else:
            fitted.setdefault(_style(each), []).append(each)
    for style, group in fitted.items():
        intervals = [_inside(each.interval) for each in group]
        places = [rows[id(each)] for each in group]
        interval_marks(axes, intervals, places, style, markersize=6)
        for each, inside, row in zip(group, intervals, places, strict=True):
            _tell(axes, row, inside.low, inside.high, _percents(each.interval))


def _measured(axes: Axes, found: Sequence[BreakEven], rows: Sequence[int]) -> None:
    lows, highs = zip(*(each.measured for each in found), strict=True)
    widths = [high - low for low, high in zip(lows, highs, strict=True)]
    axes.barh(rows, widths, left=lows, height=0.62, color=MEASURED, zorder=1)
    axes.plot(lows, rows, marker="|", markersize=11, color=MEASURED, linestyle="none", zorder=1)


def _style(found: BreakEven) -> tuple[str, str, str]:
    """Colour, marker and fill: hollow where it is a fit only, an arrow beyond what can be."""
    value = found.interval.value
    colour = VERMILLION if value >= 1 else BLUE
    marker = ">" if value >= 1 else "<" if value <= 0 else "o"
    return colour, marker, "white" if found.extrapolated or found.untested else colour


def _without_zeros(axes: Axes, row: int) -> None:
    axes.plot([0], [row], color=BLUE, marker="<", markersize=6, linestyle="none", zorder=3)
    _tell(axes, row, 0, 0, "without any zeros")


def _bracket(axes: Axes, row: int, found: BreakEven) -> None:
    """Between the highest sparsity that is slower and the lowest from which on all are faster."""
    slower, faster = found.bracket
    low, high = slower or 0.0, 1.0 if faster is None else faster
    axes.plot([low, high], [row, row], color=BLACK, linewidth=1.4, linestyle=":", zorder=3)
    axes.plot([low, high], [row, row], color=BLACK, marker="|", linestyle="none", zorder=3)
    _tell(axes, row, low, high, "in between")


def _tell(axes: Axes, row: int, low: float, high: float, text: str) -> None:
    """The number beside its bar, on the side with more room, or above a bar that leaves none."""
    right, left = 1 - high, low
    if max(right, left) < ROOM:
        at, offset, side = (low + high) / 2, (0, 7), "center"
    elif right >= left:
        at, offset, side = high, (7, 0), "left"
    else:
        at, offset, side = low, (-7, 0), "right"
    label = axes.annotate(
        text,
        (at, row),
        xytext=offset,
        textcoords="offset points",
        ha=side,
        va="center",
        fontsize=7.5,
        zorder=4,
    )
    label.set_in_layout(False)  # it lies within the panel, and to measure many takes long


def _inside(interval: Interval) -> Interval:
    """Cut to what can be: no zeros, to nothing but zeros."""
    bounds = (interval.low, interval.value, interval.high)
    return Interval(*(min(max(each, 0.0), 1.0) for each in bounds))


def _percents(interval: Interval) -> str:
    if interval.value >= 1:
        return "none up to 100 %"
    if interval.high <= 0:
        return "at any sparsity"
    digits = 1 if interval.value >= DIGITS_FROM else 0
    return f"{100 * max(interval.value, 0):.{digits}f} %"


def _frame(axes: Axes, shapes: list[tuple[int, int]]) -> None:
    axes.axvline(0, color=BLACK, linestyle="--", linewidth=1.1, zorder=2)
    axes.set_xlim(LEFT, RIGHT)
    axes.xaxis.set_major_locator(FixedLocator([each / 5 for each in range(6)]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.0f}"))
    axes.set_yticks(range(len(shapes)), [f"{m}x{k}" for m, k in shapes])
    axes.set_ylim(len(shapes) - 0.4, -0.6)
    axes.tick_params(labelbottom=True)
    axes.set_xlabel("Break-even sparsity (%)")
    if axes.get_subplotspec().is_first_col():
        axes.set_ylabel("Shape (MxK)")


def _legend() -> list[Line2D | Patch]:
    def mark(label: str, **look: object) -> Line2D:
        return Line2D([], [], linestyle="none", label=label, **look)

    return [
        mark("fitted within what was measured", color=BLUE, marker="o"),
        mark("fit only: beyond it, or from two", color=BLUE, marker="o", markerfacecolor="white"),
        mark("none up to 100 %", color=VERMILLION, marker=">", markerfacecolor="white"),
        Patch(color=MEASURED, label="sparsities measured"),
        Line2D([], [], color=BLACK, linestyle=":", label="not on a line: somewhere between"),
        Line2D([], [], color=BLACK, linestyle="--", label="bound: zeros cost nothing at all"),
    ]
