"""What all figures share: colours safe for the colour-blind, scales, captions, files."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from matplotlib import colormaps, rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure as Canvas
from matplotlib.image import imsave
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from spbench.measure.statistics import Interval, Verdict
from spbench.report.machine import MachineFacts
from spbench.report.study import Study

WIDTH = 9.6  # inches: at 100 dots an inch the width of the page's text
PNG_DPI = 150
CAPTION_COLUMNS = 165
PANELS = 6
"""More values of N than this are left to the tables, where a figure is about something else."""
LABELS_ALONG_SPARSITY = 14  # more would touch each other in half a figure's width

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
    "axes.titley": 1.0,  # nothing is above the panels: no need to look for room
    "figure.facecolor": "white",
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


def spread_out(groups: dict[int, list], most: int) -> tuple[dict[int, list], str]:
    """At most so many groups, evenly from the smallest N to the largest, and what is left out."""
    keys = list(groups)
    picked = sorted({round(at) for at in np.linspace(0, len(keys) - 1, min(most, len(keys)))})
    left_out = len(keys) - len(picked)
    told = f" {left_out} of {len(keys)} values of N left out, see tables." if left_out else ""
    return {keys[index]: groups[keys[index]] for index in picked}, told


def by_size(shapes: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Shapes in the order in which figures list them: by the number of weights."""
    return sorted(shapes, key=lambda shape: (shape[0] * shape[1], shape))


def ratio_axis(axis, low: float, high: float) -> None:
    """Logarithmic scale of ratios with plain numbers, from ``low`` to ``high``."""
    for scale in (_DENSE_TICKS, _MIDDLE_TICKS, _TICKS):
        ticks = [tick for tick in scale if low <= tick <= high]
        if len(ticks) <= 9:
            break
    _plain_log(axis, low, high, ticks)
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}x"))


def log_axis(axis, low: float, high: float) -> None:
    """Logarithmic scale of rates or sizes with plain numbers."""
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


def position(sparsity: float | np.ndarray) -> float | np.ndarray:
    """Where a sparsity stands on its axis: -log(1-s).

    With a logarithmic axis of ratios the bound 1/(1-s) is then a straight line, so that what
    joins two marks below it cannot cross it.
    """
    return -np.log1p(-np.asarray(sparsity, float))


def mean_marks(axes: Axes, values: dict[float, list[float]], shift: float = 0.0, **look) -> None:
    """Geometric mean at each sparsity, with bars from the least value to the greatest.

    ``shift`` moves the marks along the axis of :func:`position`.
    """
    sparsities = sorted(values)
    middle = np.array([np.exp(np.log(values[each]).mean()) for each in sparsities])
    below = [mean - min(values[each]) for mean, each in zip(middle, sparsities, strict=True)]
    above = [max(values[each]) - mean for mean, each in zip(middle, sparsities, strict=True)]
    reach = np.maximum([below, above], 0)
    axes.errorbar(position(sparsities) + shift, middle, yerr=reach, **look)


def interval_marks(
    axes: Axes, intervals: Sequence[Interval], rows: Sequence[int], style: tuple, **look
) -> None:
    """Values with their intervals, one a row, all in one ``style`` of colour, marker and fill."""
    colour, marker, fill = style
    axes.errorbar(
        [each.value for each in intervals],
        rows,
        xerr=[
            [each.value - each.low for each in intervals],
            [each.high - each.value for each in intervals],
        ],
        **{
            "color": colour,
            "marker": marker,
            "markerfacecolor": fill,
            "linestyle": "none",
            "elinewidth": 1.4,
            "capsize": 2.5,
            "zorder": 3,
            **look,
        },
    )


def sparsity_marks(sparsities: list[float]) -> dict[float, tuple]:
    """Colour and marker of each sparsity."""
    if len(sparsities) <= len(COLOURS):
        colours = COLOURS
    else:
        colours = [
            colormaps["cividis"](0.85 * i / (len(sparsities) - 1)) for i in range(len(sparsities))
        ]
    return {
        sparsity: (colours[index], MARKERS[index % len(MARKERS)])
        for index, sparsity in enumerate(sparsities)
    }


def sparsity_axis(axes: Axes, sparsities: Sequence[float]) -> None:
    """Sparsity in per cent as :func:`position` places it, a tick where something was measured."""
    places = position(sorted(sparsities))
    margin = max(0.12 * (places[-1] - places[0]), 0.1)
    low, high = places[0] - margin, places[-1] + margin
    axes.set_xlim(low, high)
    room = (high - low) / LABELS_ALONG_SPARSITY
    labelled = apart(places, lambda lower, upper: upper - lower >= room)
    axes.xaxis.set_major_locator(FixedLocator(labelled))
    axes.xaxis.set_minor_locator(FixedLocator([each for each in places if each not in labelled]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda place, _: f"{-100 * np.expm1(-place):.3g}"))


def apart(places: Sequence[float], far_enough: Callable[[float, float], bool]) -> list[float]:
    """The highest of the ascending places, and below it those that leave room for a label."""
    kept = [places[-1]]
    for place in places[-2::-1]:
        if far_enough(place, kept[-1]):
            kept.append(place)
    return kept[::-1]


def source_of(study: Study, machine: MachineFacts) -> str:
    """Machine, date and setting, as the last line of a caption."""
    return f"{machine.headline}; {study.setting}."


def lay_out(canvas: Canvas, caption: str, source: str) -> None:
    """Write the caption and its source under the figure, and give everything its place."""
    text = "\n".join(
        textwrap.fill(part, CAPTION_COLUMNS, break_on_hyphens=False) for part in (caption, source)
    )
    canvas.supxlabel(text, x=0.01, ha="left", fontsize=7.5, color="#333333")
    canvas.set_dpi(PNG_DPI)
    canvas.canvas.draw()


def finish(canvas: Canvas, name: str, title: str, caption: str, source: str) -> Figure:
    """Lay the figure out, and save it."""
    lay_out(canvas, caption, source)
    return Figure(name, title, f"{caption} {source}", *_saved(canvas))


def _saved(canvas: Canvas) -> tuple[bytes, bytes]:
    """The figure as PNG and as SVG, without the date.

    By the canvases' own methods: ``savefig`` draws everything once more each time.
    """
    png, svg = io.BytesIO(), io.BytesIO()
    pixels = canvas.canvas.buffer_rgba()
    imsave(
        png,
        pixels,
        format="png",
        dpi=PNG_DPI,
        metadata={"Software": None},
        pil_kwargs={"compress_level": 2},  # a quarter of the default's time, hardly larger
    )
    canvas.set_layout_engine("none")  # it is laid out now
    FigureCanvasSVG(canvas).print_svg(svg, metadata={"Date": None, "Creator": None})
    return png.getvalue(), svg.getvalue()
