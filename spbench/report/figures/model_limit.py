"""The highest throughput under a latency limit, by the length of the sequences."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from spbench.report.case import percent
from spbench.report.figures.style import (
    COLOURS,
    LABELS_ALONG_SPARSITY,
    MARKERS,
    PANELS,
    Figure,
    apart,
    finish,
    head,
    log_axis,
    panels,
    styled,
)
from spbench.report.machine import Machines
from spbench.report.models.case import DENSE
from spbench.report.models.limit import Limited
from spbench.report.models.numbers import milliseconds
from spbench.report.models.study import ModelStudy, runtimes


def draw(study: ModelStudy, machines: Machines) -> list[Figure]:
    """A panel for each model under its limit, a line for each runtime."""
    groups: dict[tuple, list[Limited]] = {}
    for each in study.limited:
        search = each.search
        key = (search.model, search.latency_limit_ns, search.pattern, search.sparsity, search.host)
        groups.setdefault(key, []).append(each)
    groups = {key: found for key, found in groups.items() if any(each.best for each in found)}
    if not groups:
        return []
    left_out = len(groups) - PANELS
    groups = dict(list(groups.items())[:PANELS])
    names = runtimes(each for found in groups.values() for each in found)
    title = "Highest throughput under a latency limit"
    with styled():
        canvas, grid = panels(len(groups), 2, 2.9)
        for axes, (key, found) in zip(grid, groups.items(), strict=True):
            for index, name in enumerate(names):
                _line(axes, index, [each for each in found if each.runtime == name])
            _scales(axes, found)
            axes.set_title(_title(*key[:4]), loc="left")
        head(canvas, title, _legend(names), 4)
        caption = (
            "Each mark is the best of a search over batches and instances x threads whose 99th"
            " percentile is within the limit; where a runtime has none, nothing was within it."
        )
        caption += f" Panels left out: {left_out}, see table." if left_out > 0 else ""
        hosts = dict.fromkeys(key[-1] for key in groups)
        source = "; ".join(machines.of(host).headline for host in hosts) + "."
        return [finish(canvas, "model-limit", title, caption, source)]


def _line(axes: Axes, index: int, found: list[Limited]) -> None:
    met = sorted((each for each in found if each.best), key=lambda each: each.search.tokens)
    axes.plot(
        [each.search.tokens for each in met],
        [each.throughput for each in met],
        color=COLOURS[index % len(COLOURS)],
        marker=MARKERS[index % len(MARKERS)],
        markersize=5,
        linewidth=1.4,
    )


def _scales(axes: Axes, found: list[Limited]) -> None:
    tokens = sorted({each.search.tokens for each in found})
    axes.set_xscale("log")
    axes.set_xlim(tokens[0] / 1.2, tokens[-1] * 1.2)
    span = 1.44 * tokens[-1] / tokens[0]
    room = span ** (1 / LABELS_ALONG_SPARSITY)
    labelled = apart(tokens, lambda lower, upper: upper / lower >= room)
    axes.xaxis.set_major_locator(FixedLocator(labelled))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))
    rates = [each.throughput for each in found if each.best]
    log_axis(axes.yaxis, min(rates) / 1.6, max(rates) * 1.6)
    axes.set_xlabel("Tokens a sequence (logarithmic)")
    if axes.get_subplotspec().is_first_col():
        axes.set_ylabel("Sequences a second")


def _title(model: str, limit_ns: float, pattern: str, sparsity: float) -> str:
    pruned = DENSE if pattern == DENSE else f"{pattern} {percent(sparsity)}"
    return f"{model}, {pruned}, at most {milliseconds(limit_ns)} ms"


def _legend(names: list[str]) -> list[Line2D]:
    return [
        Line2D(
            [],
            [],
            color=COLOURS[index % len(COLOURS)],
            marker=MARKERS[index % len(MARKERS)],
            label=name,
        )
        for index, name in enumerate(names)
    ]
