"""Every row on the roofline: how near is each library to what this machine can do?"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from spbench.report.case import percent
from spbench.report.figures.style import (
    BLACK,
    COLOURS,
    GREY,
    MARKERS,
    Figure,
    apart,
    finish,
    head,
    log_axis,
    panels,
    source_of,
    styled,
)
from spbench.report.machine import MachineFacts
from spbench.report.roofline import FLOAT_PEAKS, Roof, RooflinePoint, roofs
from spbench.report.study import SUBJECT, Study

ROOF_STYLES = {"l1": "-", "l2": (0, (6, 1.5)), "l3": (0, (4, 1.5, 1, 1.5)), "dram": ":"}
FLOAT_STYLES = {"bf16": (0, (8, 2, 1, 2, 1, 2)), "f32": (0, (8, 2, 1, 2))}
BOUNDS_APART = 1.3
"""Sparse bounds nearer to each other than by this factor would cover each other's labels."""
_BY_SIZE = ", measured on one size each; a row's own bound is that of its own size"

Rate = Callable[[RooflinePoint], float]


def draw(study: Study, machine: MachineFacts, points: Sequence[RooflinePoint]) -> list[Figure]:
    """Two panels: the work that is really done, and what a user gets for it."""
    if not points:
        return []
    title = "How near to the machine's limits"
    with styled():
        canvas, (real, equivalent) = panels(2, 2, 3.9)
        found = roofs(machine, study.setting.threads)
        _panel(real, points, lambda each: each.gops, found)
        _panel(equivalent, points, lambda each: each.dense_equivalent_gops, found)
        for axes in (real, equivalent):
            log_axis(axes.xaxis, *_intensities(points))
        _sparse_bounds(equivalent, points)
        real.set_title("Stored weights only", loc="left")
        real.set_ylabel("Real GOPS")
        equivalent.set_title("As if dense: what zeros are worth", loc="left")
        equivalent.set_ylabel("Dense-equivalent GOPS (2MNK / time)")
        head(canvas, title, _legend(study, points, found), 4)
        return [finish(canvas, "roofline", title, _caption(machine), source_of(study, machine))]


def _panel(axes: Axes, points: Sequence[RooflinePoint], rate: Rate, found: list[Roof]) -> None:
    """A point's intensity grows with its rate: in both panels a byte is a byte."""
    for index, (_, group) in enumerate(_by_backend(points).items()):
        axes.plot(
            [rate(each) * each.row.time_ns / each.bytes_moved for each in group],
            [rate(each) for each in group],
            linestyle="none",
            color=COLOURS[index % len(COLOURS)],
            marker=MARKERS[index % len(MARKERS)],
            markersize=4,
            alpha=0.75,
            markeredgewidth=0,
            zorder=4 if index == 0 else 3,
        )
    left, _ = _intensities(points)
    peak = _peak(points)
    for roof in found:
        ends = [left, max(left, peak / roof.bandwidth_gb_s)]
        heights = [end * roof.bandwidth_gb_s for end in ends]
        axes.plot(ends, heights, color=GREY, linestyle=ROOF_STYLES[roof.level], linewidth=1)
    axes.axhline(peak, color=BLACK, linewidth=1.2, zorder=2)
    for kind, height in _lower_peaks(points).items():
        axes.axhline(height, color=BLACK, linewidth=1.2, linestyle=FLOAT_STYLES[kind], zorder=2)
    rates = [rate(each) for each in points]
    log_axis(axes.yaxis, min(rates) / 1.6, max([*rates, peak]) * 1.8)
    axes.set_xlabel("Operations per byte")


def _intensities(points: Sequence[RooflinePoint]) -> tuple[float, float]:
    """What both panels show of operations per byte."""
    least = min(each.intensity for each in points)
    most = max(each.dense_equivalent_gops * each.row.time_ns / each.bytes_moved for each in points)
    return least / 1.6, most * 1.6


def _sparse_bounds(axes: Axes, points: Sequence[RooflinePoint]) -> None:
    """The peak over what is left of the work, for the sparsities that the subject ran at."""
    peak = _peak(points)
    ours = {round(each.row.sparsity_real, 2) for each in points if each.row.backend == SUBJECT}
    bounds = {peak / (1 - sparsity): sparsity for sparsity in sorted(ours) if 0 < sparsity < 1}
    if not bounds:
        return
    low, high = axes.get_ylim()
    log_axis(axes.yaxis, low, max(high, max(bounds) * 1.4))
    for bound in apart(sorted(bounds), lambda low, high: high / low >= BOUNDS_APART):
        axes.axhline(bound, color=BLACK, linewidth=1, linestyle="--", zorder=2)
        axes.annotate(
            f"{percent(bounds[bound])} zeros",
            (_intensities(points)[0], bound),
            xytext=(4, 2),
            textcoords="offset points",
            fontsize=7,
            va="bottom",
        )


def _peak(points: Sequence[RooflinePoint]) -> float:
    """Of the fastest arithmetic that a row is in."""
    return _peak_of(points, _kind(points))


def _peak_of(points: Sequence[RooflinePoint], kind: str) -> float:
    """The median of the peaks of the rows in that arithmetic."""
    return statistics.median(each.peak_gops for each in points if _arithmetic(each) == kind)


def _kind(points: Sequence[RooflinePoint]) -> str:
    """The fastest arithmetic that a row is in."""
    found = {_arithmetic(each) for each in points}
    return next(kind for kind in ("int8", "bf16", "f32") if kind in found)


def _arithmetic(point: RooflinePoint) -> str:
    return point.row.dtype if point.row.dtype in FLOAT_PEAKS else "int8"


def _lower_peaks(points: Sequence[RooflinePoint]) -> dict[str, float]:
    """Of the other arithmetics that rows are in: each has a line of its own."""
    kinds = {_arithmetic(each) for each in points} - {_kind(points)}
    return {kind: _peak_of(points, kind) for kind in FLOAT_STYLES if kind in kinds}


def _by_backend(points: Sequence[RooflinePoint]) -> dict[str, list[RooflinePoint]]:
    """The subject first, then by name, as in every figure."""
    names = sorted({each.row.backend for each in points}, key=lambda name: (name != SUBJECT, name))
    return {name: [each for each in points if each.row.backend == name] for name in names}


def _legend(study: Study, points: Sequence[RooflinePoint], found: list[Roof]) -> list[Line2D]:
    backends = [
        Line2D(
            [],
            [],
            linestyle="none",
            color=COLOURS[index % len(COLOURS)],
            marker=MARKERS[index % len(MARKERS)],
            label=str(study.contenders[name]),
        )
        for index, name in enumerate(_by_backend(points))
    ]
    levels = [
        Line2D(
            [],
            [],
            color=GREY,
            linestyle=ROOF_STYLES[roof.level],
            label=f"{roof.level.upper()}: {roof.bandwidth_gb_s:.3g} GB/s",
        )
        for roof in found
    ]
    heights = {_kind(points): _peak(points), **_lower_peaks(points)}
    limits = [
        Line2D(
            [],
            [],
            color=BLACK,
            linestyle="-" if kind == _kind(points) else FLOAT_STYLES[kind],
            label=f"measured {kind} peak: {height:.3g} {'GOPS' if kind == 'int8' else 'GFLOPS'}",
        )
        for kind, height in heights.items()
    ]
    skipped = Line2D([], [], color=BLACK, linestyle="--", label="the peak, zeros skipped")
    return [*backends, *levels, *limits, skipped]


def _caption(machine: MachineFacts) -> str:
    return (
        "Each point is a row: its rate over the operations that it does for every byte of weights,"
        " indices, activations and result. Slanted: what each level of the memory can read"
        f"{_BY_SIZE if machine.pairs('limits', 'bandwidth_curve') else ''}."
        " Libraries in f32 or bf16 are bounded by the peak of their own type."
    )
