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
    interval_marks,
    panels,
    ratio_axis,
    source_of,
    styled,
    tokens,
)
from spbench.report.machine import MachineFacts
from spbench.report.study import Study

LAYERS_A_FIGURE = 48
FIGURES = 3
"""A deeper model's other layers stand in the table alone: nobody compares so many marks."""


def draw(study: Study, machine: MachineFacts) -> list[Figure]:
    """For each model a figure (several for a deep one): a panel by N, a row by layer."""
    models = sorted({each.case.model for each in study.layers})
    parts = [(model, part) for model in models for part in _parts(_layers_of(study, model))]
    left_out = sum(len(tensors) for _, tensors in parts[FIGURES:])
    return [
        _figure(study, machine, *part, "" if len(parts) == 1 else f"-part{number}", left_out)
        for number, part in enumerate(parts[:FIGURES], 1)
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
    study: Study, machine: MachineFacts, model: str, tensors: list[str], part: str, left_out: int
) -> Figure:
    """``left_out`` layers are in no figure."""
    everything = [each for each in study.layers if each.case.model == model]
    names = layer_names(each.case for each in everything)
    groups = grouped_by_n(everything, lambda each: each.case.n)
    with styled():
        height = 0.19 * len(tensors) + 1.1
        canvas, grid = panels(len(groups), 2, height, sharex=True, sharey=True)
        for axes, (n, comparisons) in zip(grid, groups.items(), strict=True):
            whole = study.models.get((model, n))
            _panel(axes, comparisons, tensors, whole.interval if whole else None)
            axes.set_title(tokens(n), loc="left")
        _scales(grid, everything, ["all layers in sum", *(names[each] for each in tensors)])
        title = f"Speed-up over {study.over} by layer of {model}"
        head(canvas, title, _legend(), 5)
        return finish(
            canvas,
            f"speedup-by-layer{part}",
            title,
            "Marks: median of the paired ratios, with their 99 % interval (often narrower than"
            " the mark). The sum weighs each layer by its time. Left of 1x dense wins."
            + (f" {left_out} more layers are in the table alone." if left_out else ""),
            source_of(study, machine),
        )


def _panel(
    axes: Axes, comparisons: list[Comparison], tensors: list[str], whole: Interval | None
) -> None:
    """``whole`` is None where every layer was disturbed."""
    axes.axvline(1, color=GREY, linewidth=1.4)
    if whole:
        interval_marks(axes, [whole], [0], (BLACK, "D", BLACK), markersize=5.5)
    rows = {tensor: row for row, tensor in enumerate(tensors, 1)}
    shown = [each for each in comparisons if each.case.tensor in rows]
    for verdict, style in VERDICT_STYLE.items():
        group = [each for each in shown if each.verdict is verdict]
        if group:
            places = [rows[each.case.tensor] for each in group]
            interval_marks(axes, [each.interval for each in group], places, style, markersize=5.5)
    bounds = [each.bound for each in shown]
    places = [rows[each.case.tensor] for each in shown]
    axes.plot(bounds, places, marker="|", markersize=9, color=BLACK, linestyle="none")


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
