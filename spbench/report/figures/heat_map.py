"""Speed-up over the dense baseline by shape and sparsity, as a map: where does it pay?"""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, TwoSlopeNorm, to_rgb
from matplotlib.figure import Figure as Canvas
from matplotlib.patches import Patch

from spbench.measure.statistics import Verdict
from spbench.report.comparison import Comparison
from spbench.report.figures.style import (
    BLUE,
    VERMILLION,
    Figure,
    by_size,
    finish,
    grouped_by_n,
    head,
    panels,
    source_of,
    styled,
    tokens,
)
from spbench.report.machine import MachineFacts
from spbench.report.study import Study

COLUMNS = 2
CELLS_ACROSS = 9
"""More sparsities than this get a panel of the whole width."""
NUMBERS = 600
"""More cells than this show their colour alone: the table beside has the numbers."""
_DIVERGING = LinearSegmentedColormap.from_list("verdicts", [VERMILLION, "#FFFFFF", BLUE])


def draw(study: Study, machine: MachineFacts) -> list[Figure]:
    """A panel for each number of tokens; blue where it pays, vermillion where dense wins."""
    if not study.random:
        return []
    shapes = by_size({each.case.shape for each in study.random})
    sparsities = sorted({each.case.sparsity for each in study.random})
    groups = grouped_by_n(study.random, lambda each: each.case.n)
    title = f"Speed-up over {study.over} by shape and sparsity"
    with styled():
        columns = COLUMNS if len(sparsities) <= CELLS_ACROSS else 1
        height = max(0.25 * len(shapes) + 0.7, 1.2)
        canvas, grid = panels(len(groups), columns, height, sharey=True)
        scale, numbered = _scale(study.random), len(study.random) <= NUMBERS
        for axes, (n, comparisons) in zip(grid, groups.items(), strict=True):
            _panel(axes, comparisons, shapes, sparsities, scale, numbered)
            axes.set_title(tokens(n), loc="left")
        _colour_bar(canvas, grid, scale)
        head(canvas, title, _legend(), 4)
        shown = "Numbers" if numbered else "Colours (the numbers are in the table)"
        caption = (
            f"{shown}: median of the paired ratios; above 1 block-sparse is faster. White is as"
            " fast as dense; the scale is logarithmic."
        )
        return [finish(canvas, "speedup-map", title, caption, source_of(study, machine))]


def _scale(comparisons: list[Comparison]) -> TwoSlopeNorm:
    """Of logarithms: white at 1x, as far to both sides, and at least to twice and half."""
    reach = max(abs(math.log2(each.interval.value)) for each in comparisons)
    reach = max(1.0, reach)
    return TwoSlopeNorm(0.0, -reach, reach)


def _panel(
    axes: Axes,
    comparisons: list[Comparison],
    shapes: list[tuple[int, int]],
    sparsities: list[float],
    scale: TwoSlopeNorm,
    numbered: bool,
) -> None:
    """A cell for each shape and sparsity; one that was not measured stays grey and empty."""
    values = np.full((len(shapes), len(sparsities)), np.nan)
    for each in comparisons:
        at = shapes.index(each.case.shape), sparsities.index(each.case.sparsity)
        values[at] = math.log2(each.interval.value)
        if numbered:
            _number(axes, each, at, _ink(values[at], scale))
    axes.imshow(values, cmap=_DIVERGING, norm=scale, aspect="auto", interpolation="nearest")
    axes.set_facecolor("#DDDDDD")
    axes.set_xticks(range(len(sparsities)), [f"{100 * each:.3g}" for each in sparsities])
    axes.set_yticks(range(len(shapes)), [f"{m}x{k}" for m, k in shapes])
    axes.grid(visible=False)
    axes.tick_params(length=0, labelbottom=True)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("Sparsity (%)")
    if axes.get_subplotspec().is_first_col():
        axes.set_ylabel("Shape (MxK)")


def _number(axes: Axes, found: Comparison, at: tuple[int, int], ink: str) -> None:
    text = f"{_short(found.interval.value)}{'?' * (found.verdict is Verdict.UNDECIDED)}"
    label = axes.text(*at[::-1], text, ha="center", va="center", fontsize=8, color=ink)
    label.set_in_layout(False)  # it lies within its cell, and to measure hundreds takes long


def _short(ratio: float) -> str:
    """Three digits at most: 0.48, 4.53, 12.6, 130."""
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:.3g}"


def _ink(value: float, scale: TwoSlopeNorm) -> str:
    """Black or white, whichever is read more easily on the cell."""
    red, green, blue = to_rgb(_DIVERGING(scale(value)))
    return "black" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.45 else "white"


def _colour_bar(canvas: Canvas, grid: list[Axes], scale: TwoSlopeNorm) -> None:
    bar = canvas.colorbar(
        ScalarMappable(scale, _DIVERGING), ax=grid, shrink=0.9, aspect=30, pad=0.02
    )
    top = math.floor(scale.vmax)
    step = -(-top // 3)
    ticks = range(-top + top % step, top + 1, step)
    bar.set_ticks(list(ticks), labels=[f"{2.0**tick:g}x" for tick in ticks])
    bar.outline.set_visible(False)


def _legend() -> list[Patch]:
    return [
        Patch(color=BLUE, label="sparse is faster"),
        Patch(color=VERMILLION, label="dense is faster"),
        Patch(color="none", label="?  undecided"),
        Patch(color="#DDDDDD", label="not measured"),
    ]
