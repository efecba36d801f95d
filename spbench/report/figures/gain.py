"""Speed-up over the dense baseline by sparsity: does it pay, and from which sparsity on?"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from spbench.report.comparison import Comparison
from spbench.report.figures.style import (
    COLOURS,
    GREY,
    MARKERS,
    Figure,
    finish,
    grouped_by_n,
    head,
    mean_line,
    panels,
    ratio_axis,
    sparsity_axis,
    styled,
)
from spbench.report.machine import MachineFacts
from spbench.report.study import Study

LINES = 7
"""More lines than colours cannot be told apart: then some numbers of tokens are left out."""


def draw(study: Study, machine: MachineFacts) -> list[Figure]:
    """One line for each number of tokens: the mean over shapes, with the range over shapes."""
    if not study.random:
        return []
    groups = grouped_by_n(study.random, lambda each: each.case.n)
    shown = _spread_out(groups)
    title = f"Speed-up over {study.baseline} by sparsity"
    caption = (
        "Lines: geometric mean over the shapes; bars: from the slowest to the fastest shape."
        " Below 1x the dense library wins."
    )
    if len(shown) < len(groups):
        caption += f" {len(groups) - len(shown)} of {len(groups)} values of N left out, see tables."
    with styled():
        canvas, (axes,) = panels(1, 1, 3.8)
        for index, (n, comparisons) in enumerate(shown.items()):
            beside = index - (len(shown) - 1) / 2
            _line(axes, index, n, comparisons, beside)
        _frame(axes, [each for group in shown.values() for each in group])
        axes.set_ylabel(f"Speed-up over {study.contenders[study.baseline]}")
        limits, lines = axes.lines[-2:], axes.containers
        head(canvas, title, [*lines, *limits], 6)
        return [finish(canvas, "speedup-by-sparsity", title, caption, study, machine)]


def _spread_out(groups: dict[int, list[Comparison]]) -> dict[int, list[Comparison]]:
    """At most as many groups as there are colours, evenly from the smallest N to the largest."""
    keys = list(groups)
    picked = sorted({round(at) for at in np.linspace(0, len(keys) - 1, min(LINES, len(keys)))})
    return {keys[index]: groups[keys[index]] for index in picked}


def _line(axes: Axes, index: int, n: int, comparisons: list[Comparison], beside: float) -> None:
    """``beside`` moves the line a little, so that bars do not hide each other."""
    values: dict[float, list[float]] = {}
    for each in comparisons:
        values.setdefault(each.case.sparsity, []).append(each.interval.value)
    span = max(max(values) - min(values), 0.1)
    mean_line(
        axes,
        values,
        shift=0.005 * span * beside,
        color=COLOURS[index],
        marker=MARKERS[index],
        markersize=6,
        linewidth=1.6,
        elinewidth=1.1,
        capsize=2.5,
        label=f"N = {n}",
        zorder=3,
    )


def _frame(axes: Axes, comparisons: list[Comparison]) -> None:
    """The bound, the break-even line and the scales."""
    sparsities = sorted({each.case.sparsity for each in comparisons})
    sparsity_axis(axes, sparsities)
    left, right = axes.get_xlim()
    curve = np.linspace(max(left, 0), min(right, 0.995), 200)
    axes.plot(
        curve,
        1 / (1 - curve),
        color="black",
        linestyle="--",
        linewidth=1.2,
        label="bound 1/(1-s)",
        zorder=2,
    )
    axes.axhline(1, color=GREY, linewidth=1.4, label="as fast as dense", zorder=1)
    reached = [each.interval.value for each in comparisons]
    top = max(*reached, 1 / (1 - sparsities[-1]), 1.2)
    ratio_axis(axes.yaxis, min(*reached, 0.9) / 1.15, top * 1.25)
    axes.set_xlabel("Sparsity (% of weights that are zero, in whole blocks)")
