"""Accuracy against latency: which blocks, and how many zeros?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from spbench.report.case import percent
from spbench.report.figures.labels import label
from spbench.report.figures.style import (
    BLACK,
    COLOURS,
    GREY,
    MARKERS,
    Figure,
    finish,
    head,
    lay_out,
    log_axis,
    panels,
    styled,
)
from spbench.report.machine import Machines
from spbench.report.models.trade_off import Measure, Point, TradeOff

PANELS = 4
_DENSE_LOOK = (BLACK, "*")
_SHAPES = [colour for colour in COLOURS if colour != BLACK]  # black is for the dense model


def draw(found: TradeOff, machines: Machines) -> list[Figure]:
    """A panel for each measure, a mark for each model, the front through those nothing beats."""
    measures = found.measures[:PANELS]
    if not measures:
        return []
    looks = _looks(found.blocks)
    title = f"Accuracy against latency: {found.model}, {found.size}"
    with styled():
        canvas, grid = panels(len(measures), 2, 3.6)
        for axes, measure in zip(grid, measures, strict=True):
            _panel(axes, found, measure, looks)
        head(canvas, title, _legend(looks, found), 5)
        caption = _caption(found, measures)
        threads = "1 thread" if found.threads == 1 else f"{found.threads} threads"
        source = f"{machines.of(found.host).headline}; {threads}."
        lay_out(canvas, caption, source)
        missing = sum(map(partial(_label, found), grid, measures))
        if missing:
            labels = "label of sparsity" if missing == 1 else "labels of sparsity"
            caption += f" {missing} {labels} found no place, see table."
        return [finish(canvas, "trade-off", title, caption, source)]


def _label(found: TradeOff, axes: Axes, measure: Measure) -> int:
    """Write sparsities beside the marks; returns how many found no place."""
    known = _known(found, measure)
    looks = _looks(found.blocks)
    return label(
        axes,
        [(_ms(point), _scaled(point, measure)[1]) for point in known],
        [_text(point) for point in known],
        [looks.get(point.block, _DENSE_LOOK)[0] for point in known],
    )


def _panel(axes: Axes, found: TradeOff, measure: Measure, looks: dict) -> None:
    front = found.front(measure)
    axes.plot(
        [_ms(point) for point in front],
        [_scaled(point, measure)[1] for point in front],
        color=GREY,
        linestyle="--",
        linewidth=1.2,
        zorder=2,
    )
    for point in _known(found, measure):
        colour, marker = looks.get(point.block, _DENSE_LOOK)
        low, value, high = _scaled(point, measure)
        time = point.time
        axes.errorbar(
            _ms(point),
            value,
            xerr=[[(time.value - time.low) / 1e6], [(time.high - time.value) / 1e6]],
            yerr=[[value - low], [high - value]],
            color=colour,
            marker=marker,
            markersize=9 if point.is_dense else 5.5,
            markerfacecolor=colour if point in front else "white",
            elinewidth=0.9,
            capsize=1.5,
            zorder=3,
        )
    times = [_ms(point) for point in _known(found, measure)]
    log_axis(axes.xaxis, min(times) / 1.25, max(times) * 1.25)
    axes.margins(y=0.12)
    axes.set_xlabel("Milliseconds a call (logarithmic)")
    axes.set_ylabel(f"{measure} (%)" if measure.is_accuracy else str(measure).capitalize())


def _known(found: TradeOff, measure: Measure) -> list[Point]:
    return [point for point in found.points if point.value(measure)]


def _ms(point: Point) -> float:
    return point.time.value / 1e6


def _scaled(point: Point, measure: Measure) -> tuple[float, float, float]:
    """Low, value and high, accuracies in per cent."""
    estimate, scale = point.value(measure), 100 if measure.is_accuracy else 1
    return scale * estimate.low, scale * estimate.value, scale * estimate.high


def _text(point: Point) -> str:
    return "dense" if point.is_dense else percent(point.sparsity)


def _looks(blocks: Sequence[str]) -> dict[str, tuple[str, str]]:
    return {
        block: (_SHAPES[at % len(_SHAPES)], MARKERS[at % len(MARKERS)])
        for at, block in enumerate(blocks)
    }


def _legend(looks: dict, found: TradeOff) -> list[Line2D]:
    handles = [
        Line2D([], [], color=colour, marker=marker, linestyle="none", label=f"{block} blocks")
        for block, (colour, marker) in looks.items()
    ]
    if found.dense:
        handles.append(Line2D([], [], color=BLACK, marker="*", linestyle="none", label="dense"))
    line = {"color": GREY, "linestyle": "--", "marker": "o", "label": "front: nothing beats it"}
    return [*handles, Line2D([], [], **line)]


def _caption(found: TradeOff, measures: Sequence[Measure]) -> str:
    ways = sorted({point.way for point in found.points} - {""})
    more = len(found.measures) - len(measures)
    marks = (
        "Marks are labelled with their sparsity; filled: on the front, no other model is both faster"
        " and better. Bars: 95 % intervals of quality, 99 % of latency."
    )
    parts = [marks]
    parts += [f"Pruned by {' / '.join(ways)}."] if ways else []
    parts += [f"Measures left out: {more}, see table."] if more > 0 else []
    return " ".join(parts)
