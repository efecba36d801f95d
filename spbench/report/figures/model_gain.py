"""How much faster spbench answers than each runtime, by sparsity: what does pruning buy?"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from spbench.measure.statistics import Verdict
from spbench.report.figures.model_latency import by_panel, source
from spbench.report.figures.style import (
    COLOURS,
    GREY,
    MARKERS,
    PANELS,
    Figure,
    finish,
    head,
    panels,
    position,
    ratio_axis,
    sparsity_axis,
    styled,
)
from spbench.report.machine import Machines
from spbench.report.models.case import DENSE_TWIN, ModelSetting
from spbench.report.models.comparison import ModelComparison
from spbench.report.models.study import ModelStudy, runtimes


def draw(study: ModelStudy, setting: ModelSetting, machines: Machines) -> list[Figure]:
    """A panel for each model and size, a line for each runtime; from two sparsities on."""
    groups = {
        panel: [each for each in study.comparisons if each.case in cases and not each.disturbed]
        for panel, cases in by_panel(study.settings[setting]).items()
    }
    groups = {panel: found for panel, found in groups.items() if _sparsities(found)[1:]}
    if not groups:
        return []
    left_out = len(groups) - PANELS
    groups = dict(list(groups.items())[:PANELS])
    names = runtimes([each.rival for found in groups.values() for each in found])
    title = "How much faster spbench answers, by sparsity"
    with styled():
        canvas, grid = panels(len(groups), 2, 2.9)
        for axes, ((model, size), found) in zip(grid, groups.items(), strict=True):
            sparsity_axis(axes, _sparsities(found))
            for index, name in enumerate(names):
                _line(axes, index, name, [each for each in found if each.rival.runtime == name])
            _scales(axes, found)
            axes.set_title(f"{model}, {size}", loc="left")
        head(canvas, title, _legend(names), 4)
        caption = (
            "The other runtime's time over spbench's, round by round: median with its 99 % interval;"
            f" hollow: undecided; disturbed cases left out. {DENSE_TWIN} is the same engine with the"
            " model unpruned: what the zeros alone are worth."
        )
        caption += f" Panels left out: {left_out}, see tables." if left_out > 0 else ""
        return [finish(canvas, "model-speedup", title, caption, source(setting, machines))]


def _sparsities(found: list[ModelComparison]) -> list[float]:
    return sorted({each.case.sparsity for each in found if each.case.sparsity < 1})


def _line(axes: Axes, index: int, name: str, found: list[ModelComparison]) -> None:
    found = sorted(found, key=lambda each: each.case.sparsity)
    colour, style = COLOURS[index % len(COLOURS)], ":" if name == DENSE_TWIN else "-"
    places = [float(position(each.case.sparsity)) for each in found]
    axes.plot(places, [each.interval.value for each in found], color=colour, linestyle=style)
    for place, each in zip(places, found, strict=True):
        low, value, high = each.interval.low, each.interval.value, each.interval.high
        axes.errorbar(
            place,
            value,
            yerr=[[value - low], [high - value]],
            color=colour,
            marker=MARKERS[index % len(MARKERS)],
            markerfacecolor="white" if each.verdict is Verdict.UNDECIDED else colour,
            markersize=5,
            elinewidth=1,
            capsize=2,
            zorder=3,
        )


def _scales(axes: Axes, found: list[ModelComparison]) -> None:
    bounds = np.array([(each.interval.low, each.interval.high) for each in found])
    axes.axhline(1, color=GREY, linewidth=1.2)
    ratio_axis(axes.yaxis, min(0.95, bounds.min()) / 1.1, bounds.max() * 1.15)
    axes.set_xlabel("Sparsity (%)")
    if axes.get_subplotspec().is_first_col():
        axes.set_ylabel("Times faster (logarithmic)")


def _legend(names: list[str]) -> list[Line2D]:
    return [
        Line2D(
            [],
            [],
            color=COLOURS[index % len(COLOURS)],
            marker=MARKERS[index % len(MARKERS)],
            linestyle=":" if name == DENSE_TWIN else "-",
            label=f"over {name}",
        )
        for index, name in enumerate(names)
    ]
