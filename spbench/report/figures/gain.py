"""Speed-up over the dense baseline by sparsity: does it pay, and from which sparsity on?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from spbench.report.comparison import Comparison, steady
from spbench.report.figures.style import (
    COLOURS,
    GREY,
    MARKERS,
    Figure,
    finish,
    grouped_by_n,
    head,
    mean_marks,
    panels,
    position,
    ratio_axis,
    source_of,
    sparsity_axis,
    spread_out,
    styled,
)
from spbench.report.machine import MachineFacts
from spbench.report.study import Study, over

LINES = 7
"""More lines than colours cannot be told apart: then some numbers of tokens are left out."""


def draw(study: Study, machine: MachineFacts) -> list[Figure]:
    """Marks for each number of tokens: the mean over shapes, with the range over shapes.

    Nothing joins them: between two sparsities nothing was measured.
    """
    counted = steady(study.random)
    if not counted:
        return []
    groups = grouped_by_n(counted, lambda each: each.case.n)
    shown, left_out = spread_out(groups, LINES)
    title = f"Speed-up over {study.over} by sparsity"
    caption = (
        "Marks: geometric mean over the shapes; bars: from the slowest to the fastest shape."
        " Nothing is drawn between the sparsities measured. Below 1x the dense library wins."
        f"{left_out}"
    )
    with styled():
        canvas, (axes,) = panels(1, 1, 3.8)
        for index, (n, comparisons) in enumerate(shown.items()):
            beside = index - (len(shown) - 1) / 2
            _marks(axes, index, n, comparisons, beside)
        frame(axes, [each for group in shown.values() for each in group])
        axes.set_ylabel(f"Speed-up over {over(study)}")
        limits, marks = axes.lines[-2:], axes.containers
        head(canvas, title, [*marks, *limits], 6)
        return [finish(canvas, "speedup-by-sparsity", title, caption, source_of(study, machine))]


def _marks(axes: Axes, index: int, n: int, comparisons: list[Comparison], beside: float) -> None:
    """``beside`` moves the marks a little, so that bars do not hide each other."""
    values: dict[float, list[float]] = {}
    for each in comparisons:
        values.setdefault(each.case.sparsity, []).append(each.interval.value)
    span = max(position(max(values)) - position(min(values)), 0.2)
    mean_marks(
        axes,
        values,
        shift=0.006 * span * beside,
        color=COLOURS[index],
        marker=MARKERS[index],
        markersize=6,
        linestyle="none",
        elinewidth=1.1,
        capsize=2.5,
        label=f"N = {n}",
        zorder=3,
    )


def frame(axes: Axes, comparisons: Sequence[Comparison]) -> None:
    """The bound, the line at 1x and the scales, which show all of ``comparisons``."""
    sparsities = sorted({each.case.sparsity for each in comparisons})
    sparsity_axis(axes, sparsities)
    left, right = axes.get_xlim()
    ends = np.array([max(left, 0), right])
    axes.plot(
        ends,
        np.exp(ends),
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
