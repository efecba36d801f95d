"""Speed-up over every library: the paper's comparisons in one picture."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from spbench.measure.statistics import Verdict
from spbench.report.case import percent
from spbench.report.contender import told_generic_paths, told_handicaps
from spbench.report.figures.style import (
    GREY,
    Figure,
    finish,
    head,
    panels,
    ratio_axis,
    source_of,
    sparsity_marks,
    styled,
)
from spbench.report.machine import MachineFacts
from spbench.report.rival import Rival, token_groups, type_share
from spbench.report.study import Study
from spbench.report.summary import Summary, means

_ROW = 0.8
"""Of the height that a library has, what its marks take."""

Means = dict[float, Summary]


def draw(study: Study, machine: MachineFacts) -> list[Figure]:
    """A row for each library, sparse ones above, a mark in it for each sparsity."""
    rivals = [each for kind in (True, False) for each in study.libraries_that_are(kind)]
    groups = token_groups(each for rival in rivals for each in rival.comparisons)
    if not groups:
        return []
    found = {rival: _means(rival, groups[0]) for rival in rivals}
    rivals = [rival for rival in rivals if found[rival]]
    marks = sparsity_marks(sorted({each for rival in rivals for each in found[rival]}))
    with styled():
        height = len(rivals) * (0.1 * len(marks) + 0.12) + 0.6
        canvas, (axes,) = panels(1, 1, height)
        for place, rival in enumerate(rivals):
            share = type_share(rival.contender, machine)
            _row(axes, place, found[rival], marks, share)
        _scales(axes, rivals, found, machine)
        title = "Speed-up over each library"
        head(canvas, title, _legend(marks), 5)
        caption = _caption(rivals, groups, machine)
        return [finish(canvas, "speedup-by-library", title, caption, source_of(study, machine))]


def _means(rival: Rival, tokens: list[int]) -> Means:
    return means(each for each in rival.comparisons if each.case.n in tokens)


def _row(axes: Axes, place: int, found: Means, marks: dict, share: float | None) -> None:
    for at, (sparsity, (colour, marker)) in enumerate(marks.items()):
        summary = found.get(sparsity)
        if summary is None:
            continue
        height = place + _ROW * ((at + 0.5) / len(marks) - 0.5)
        reach = [summary.worst.interval.value, summary.best.interval.value]
        axes.plot(reach, [height, height], color=colour, linewidth=1.6, alpha=0.5)
        axes.plot(
            summary.interval.value,
            height,
            color=colour,
            marker=marker,
            markersize=4.5,
            markerfacecolor="white" if summary.verdict is Verdict.UNDECIDED else colour,
            linestyle="none",
            zorder=3,
        )
        if share:
            kernel = summary.interval.value / share
            axes.plot(kernel, height, color=colour, marker="|", markersize=6, markeredgewidth=1.6)


def _scales(
    axes: Axes, rivals: list[Rival], found: dict[Rival, Means], machine: MachineFacts
) -> None:
    summaries = [summary for rival in rivals for summary in found[rival].values()]
    kernels = [
        summary.interval.value / (type_share(rival.contender, machine) or 1)
        for rival in rivals
        for summary in found[rival].values()
    ]
    low = min([each.worst.interval.value for each in summaries] + kernels + [0.9])
    high = max([each.best.interval.value for each in summaries] + [1.2])
    axes.axvline(1, color=GREY, linewidth=1.4)
    for place in range(1, len(rivals)):
        kinds = {rivals[place - 1].contender.sparse, rivals[place].contender.sparse}
        axes.axhline(place - 0.5, color=GREY if len(kinds) > 1 else "#E4E4E4", linewidth=0.8)
    ratio_axis(axes.xaxis, low / 1.15, high * 1.15)
    axes.set_yticks(range(len(rivals)), map(str, rivals))
    axes.set_ylim(len(rivals) - 0.5, -0.5)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("Speed-up (logarithmic)")


def _legend(marks: dict) -> list[Line2D]:
    handles = [
        Line2D(
            [], [], color=colour, marker=marker, linestyle="none", label=f"{percent(each)} zeros"
        )
        for each, (colour, marker) in marks.items()
    ]
    hollow = {"marker": "o", "markerfacecolor": "white", "label": "hollow: undecided"}
    stroke = {"marker": "|", "markeredgewidth": 1.6, "label": "stroke: the kernel's part"}
    return [
        *handles,
        *(Line2D([], [], color=GREY, linestyle="none", **each) for each in (hollow, stroke)),
    ]


def _caption(rivals: list[Rival], groups: list[list[int]], machine: MachineFacts) -> str:
    tokens, *others = (", ".join(map(str, group)) for group in groups)
    parts = [
        (
            f"Marks: geometric mean over shapes at N = {tokens}; lines: from the worst case to the"
            " best; disturbed cases left out. Left of 1x the library wins. Strokes: what is left of a"
            " ratio to a library in f32 or bf16 when int8's higher peak is taken out."
        )
    ]
    if others:
        parts.append(f"N = {', '.join(others)}: see tables.")
    contenders = [each.contender for each in rivals]
    parts += [told_generic_paths(contenders, machine), told_handicaps(contenders)]
    return " ".join(filter(None, parts))
