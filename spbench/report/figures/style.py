"""What all figures share: colours safe for the colour-blind, scales, captions, files."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from spbench.measure.statistics import Verdict
from spbench.report.machine import MachineFacts
from spbench.report.study import Study

WIDTH = 9.6  # inches: at 100 dots an inch the width of the page's text
CAPTION_COLUMNS = 165

# Okabe and Ito, Color Universal Design, 2008; its yellow is too pale for lines on white.
BLUE, VERMILLION, GREEN = "#0072B2", "#D55E00", "#009E73"
PURPLE, ORANGE, SKY, BLACK = "#CC79A7", "#E69F00", "#56B4E9", "#000000"
GREY = "#666666"
COLOURS = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, BLACK)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")
VERDICT_STYLE = {
    Verdict.FASTER: (BLUE, "o", BLUE),
    Verdict.SLOWER: (VERMILLION, "v", VERMILLION),
    Verdict.UNDECIDED: (GREY, "s", "white"),
}  # line, marker, fill: colour never speaks alone

_SETTINGS = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.titlesize": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.7,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "svg.hashsalt": "spbench",
    "svg.fonttype": "path",
}
_TICKS = [mantissa * 10.0**power for power in range(-3, 7) for mantissa in (1, 2, 5)]
_DENSE_TICKS = [
    mantissa * 10.0**power for power in range(-3, 7) for mantissa in (1, 1.5, 2, 3, 4, 5, 6, 8)
]
_MIDDLE_TICKS = [mantissa * 10.0**power for power in range(-3, 7) for mantissa in (1, 2, 3, 5)]


@dataclass(frozen=True)
class Figure:
    """A finished figure: its file name without ending, what it shows, and its files' bytes."""

    name: str
    title: str
    caption: str
    png: bytes
    svg: bytes

    def renamed(self, name: str) -> Figure:
        return replace(self, name=name)


def styled():
    """Context in which a figure is drawn and saved: settings of ours, not of the user's."""
    return rc_context(_SETTINGS)


def panels(count: int, columns: int, height: float, **sharing: bool) -> tuple[Canvas, list[Axes]]:
    """A canvas with ``count`` axes in rows of ``columns``; ``height`` inches a row.

    Room for legend and caption is added to the height.
    """
    columns = min(count, columns)
    rows = -(-count // columns)
    canvas = Canvas(figsize=(WIDTH, rows * height + 1.0), layout="constrained")
    FigureCanvasAgg(canvas)
    grid = canvas.subplots(rows, columns, squeeze=False, **sharing).ravel()
    for unused in grid[count:]:
        unused.remove()
    return canvas, list(grid[:count])


def grouped_by_n(items: Iterable, n_of) -> dict[int, list]:
    """Items by number of tokens, in ascending order: one panel each."""
    groups: dict[int, list] = {}
    for item in items:
        groups.setdefault(n_of(item), []).append(item)
    return {n: groups[n] for n in sorted(groups)}


def ratio_axis(axis, low: float, high: float) -> None:
    """Logarithmic scale of ratios with plain numbers, from ``low`` to ``high``."""
    for scale in (_DENSE_TICKS, _MIDDLE_TICKS, _TICKS):
        ticks = [tick for tick in scale if low <= tick <= high]
        if len(ticks) <= 9:
            break
    _plain_log(axis, low, high, ticks)
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}x"))


def rate_axis(axis, low: float, high: float) -> None:
    """Logarithmic scale of rates with plain numbers."""
    ticks = [tick for tick in _TICKS if low <= tick <= high]
    if len(ticks) > 9:
        ticks = [tick for tick in ticks if f"{tick:e}"[0] == "1"]
    _plain_log(axis, low, high, ticks)
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))


def _plain_log(axis, low: float, high: float, ticks: Sequence[float]) -> None:
    axes = axis.axes
    if axis is axes.xaxis:
        axes.set_xscale("log")
        axes.set_xlim(low, high)
    else:
        axes.set_yscale("log")
        axes.set_ylim(low, high)
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_minor_locator(NullLocator())


def head(canvas: Canvas, title: str, handles: Sequence, columns: int) -> None:
    """Title and legend above the panels, in one box so that neither covers the other."""
    canvas.legend(
        handles=handles,
        loc="outside upper left",
        ncols=columns,
        title=title,
        title_fontproperties={"size": 11, "weight": "bold"},
        alignment="left",
        borderaxespad=0.2,
        columnspacing=1.6,
    )


def tokens(n: int) -> str:
    """Title of a panel."""
    return f"N = {n} token" if n == 1 else f"N = {n} tokens"


def mean_line(axes: Axes, values: dict[float, list[float]], shift: float = 0.0, **look) -> None:
    """Geometric mean at each sparsity, with bars from the least value to the greatest."""
    sparsities = sorted(values)
    middle = np.array([np.exp(np.log(values[each]).mean()) for each in sparsities])
    below = [mean - min(values[each]) for mean, each in zip(middle, sparsities, strict=True)]
    above = [max(values[each]) - mean for mean, each in zip(middle, sparsities, strict=True)]
    reach = np.maximum([below, above], 0)
    axes.errorbar(np.array(sparsities) + shift, middle, yerr=reach, **look)


def sparsity_axis(axes: Axes, sparsities: Sequence[float]) -> None:
    """Sparsity in per cent, ticks where something was measured."""
    low, high = min(sparsities), max(sparsities)
    margin = max(0.04, 0.12 * (high - low))
    axes.set_xlim(low - margin, min(high + margin, 0.5 * (1 + high)))
    step = -(-len(sparsities) // 8)
    axes.xaxis.set_major_locator(FixedLocator(list(sparsities)[::step]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.3g}"))


def finish(
    canvas: Canvas, name: str, title: str, caption: str, study: Study, machine: MachineFacts
) -> Figure:
    """Write the caption with machine, date and setting under the figure, and save it."""
    source = f"{machine.headline}; {study.setting}."
    text = "\n".join(
        textwrap.fill(part, CAPTION_COLUMNS, break_on_hyphens=False) for part in (caption, source)
    )
    canvas.supxlabel(text, x=0.01, ha="left", fontsize=7.5, color="#333333")
    return Figure(
        name,
        title,
        f"{caption} {source}",
        _saved(canvas, "png", {"Software": None}),
        _saved(canvas, "svg", {"Date": None, "Creator": None}),
    )


def _saved(canvas: Canvas, kind: str, metadata: dict) -> bytes:
    buffer = io.BytesIO()
    canvas.savefig(buffer, format=kind, dpi=150, metadata=metadata, facecolor="white")
    return buffer.getvalue()
