"""Speed-up over the dense baseline by layer of the model: which layers gain?"""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from spbench.measure.statistics import Interval
from spbench.report.case import layer_names
from spbench.report.comparison import Comparison
from spbench.report.figures.style import (
    BLACK,
    GREY,
    VERDICT_STYLE,
    Figure,
    finish,
    grouped_by_n,
    head,
    panels,
    ratio_axis,
    styled,
    tokens,
)
from spbench.report.machine import MachineFacts
from spbench.report.study import Study

LAYERS_A_FIGURE = 48


def draw(study: Study, machine: MachineFacts) -> list[Figure]:
    """For each model a figure (several for a deep one): a panel by N, a row by layer."""
    models = sorted({each.case.model for each in study.layers})
    parts = [(model, part) for model in models for part in _parts(_layers_of(study, model))]
    return [
        _figure(study, machine, model, tensors, "" if len(parts) == 1 else f"-part{number}")
        for number, (model, tensors) in enumerate(parts, 1)
    ]


def _layers_of(study: Study, model: str) -> list[str]:
    ordered = (each.case.tensor for each in study.layers if each.case.model == model)
    return list(dict.fromkeys(ordered))


def _parts(tensors: list[str]) -> list[list[str]]:
    """Even parts of at most 48 layers, so that names stay readable."""
    count = -(-len(tensors) // LAYERS_A_FIGURE)
    size = -(-len(tensors) // count)
    return [tensors[start : start + size] for start in range(0, len(tensors), size)]


def _figure(
    study: Study, machine: MachineFacts, model: str, tensors: list[str], part: str
) -> Figure:
    everything = [each for each in study.layers if each.case.model == model]
    names = layer_names(each.case for each in everything)
    groups = grouped_by_n(everything, lambda each: each.case.n)
    with styled():
        height = 0.19 * len(tensors) + 1.1
        canvas, grid = panels(len(groups), 2, height, sharex=True, sharey=True)
        for axes, (n, comparisons) in zip(grid, groups.items(), strict=True):
            _panel(axes, comparisons, tensors, study.models[model, n].interval)
            axes.set_title(tokens(n), loc="left")
        _scales(grid, everything, ["all layers in sum", *(names[each] for each in tensors)])
        title = f"Speed-up over {study.baseline} by layer of {model}"
        head(canvas, title, _legend(), 5)
        return finish(
            canvas,
            f"speedup-by-layer{part}",
            title,
            "Marks: median of the paired ratios, with their 99 % interval (often narrower than"
            " the mark). The sum weighs each layer by its time. Left of 1x dense"
            " wins.",
            study,
            machine,
        )


def _panel(axes: Axes, comparisons: list[Comparison], tensors: list[str], whole: Interval) -> None:
    axes.axvline(1, color=GREY, linewidth=1.4)
    _mark(axes, 0, whole, (BLACK, "D", BLACK))
    for each in comparisons:
        if each.case.tensor in tensors:
            row = 1 + tensors.index(each.case.tensor)
            _mark(axes, row, each.interval, VERDICT_STYLE[each.verdict])
            axes.plot(each.bound, row, marker="|", markersize=9, color=BLACK, linestyle="none")


def _mark(axes: Axes, row: int, interval: Interval, style: tuple) -> None:
    colour, marker, fill = style
    axes.errorbar(
        interval.value,
        row,
        xerr=[[interval.value - interval.low], [interval.high - interval.value]],
        color=colour,
        marker=marker,
        markerfacecolor=fill,
        markersize=5.5,
        elinewidth=1.4,
        capsize=2.5,
        zorder=3,
    )


def _scales(grid: list[Axes], comparisons: list[Comparison], labels: list[str]) -> None:
    bounds = [each.bound for each in comparisons if each.bound < float("inf")]
    top = max([each.interval.high for each in comparisons] + bounds + [1.2])
    low = min(min(each.interval.low for each in comparisons), 0.9)
    for axes in grid:
        ratio_axis(axes.xaxis, low / 1.15, top * 1.15)
        axes.set_yticks(range(len(labels)), labels, fontsize=7.5)
        axes.set_ylim(len(labels) - 0.4, -0.6)
        axes.tick_params(labelbottom=True)
        axes.set_xlabel("Speed-up (logarithmic)")
        axes.yaxis.get_major_ticks(len(labels))[0].label1.set_fontweight("bold")


def _legend() -> list[Line2D]:
    whole = Line2D([], [], color=BLACK, marker="D", linestyle="none", label="all layers in sum")
    verdicts = [
        Line2D(
            [],
            [],
            color=colour,
            marker=marker,
            markerfacecolor=fill,
            linestyle="none",
            label=str(verdict),
        )
        for verdict, (colour, marker, fill) in VERDICT_STYLE.items()
    ]
    bound = Line2D(
        [], [], color=BLACK, marker="|", markersize=9, linestyle="none", label="bound 1/(1-s)"
    )
    return [whole, *verdicts, bound]
