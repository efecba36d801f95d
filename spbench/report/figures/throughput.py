"""Throughput of every backend by sparsity: what else is there, and how far is the limit?"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from spbench.report.case import Case
from spbench.report.contender import Contender, told_generic_paths
from spbench.report.figures.style import (
    COLOURS,
    MARKERS,
    PANELS,
    Figure,
    finish,
    grouped_by_n,
    head,
    log_axis,
    mean_marks,
    panels,
    source_of,
    sparsity_axis,
    spread_out,
    styled,
    tokens,
)
from spbench.report.machine import MachineFacts
from spbench.report.study import SUBJECT, Study


def draw(study: Study, machine: MachineFacts) -> list[Figure]:
    """A panel for each number of tokens, a line for each backend, the int8 peak drawn."""
    cases = [case for case in study.cases if not case.from_model] or list(study.cases)
    cases = [case for case in cases if case.sparsity < 1]
    backends = [
        each for each in study.contenders.values() if any(case.counted(each.name) for case in cases)
    ]
    if not backends:
        return []
    peak = machine.number("limits", "int8_peak_gops")
    peak = peak * study.setting.threads if peak else None
    groups, left_out = spread_out(grouped_by_n(cases, lambda case: case.n), PANELS)
    cases = [case for group in groups.values() for case in group]
    title = "Throughput of every backend by sparsity"
    with styled():
        canvas, grid = panels(len(groups), 2, 2.9, sharex=True, sharey=True)
        for axes, (n, group) in zip(grid, groups.items(), strict=True):
            for index, backend in enumerate(backends):
                _line(axes, index, backend, group)
            _limits(axes, group, peak, study.setting.threads)
            axes.set_title(tokens(n), loc="left")
        _scales(grid, cases, backends, peak)
        head(canvas, title, _handles(grid), 4)
        caption = _caption(machine, backends, peak) + left_out
        return [finish(canvas, "throughput", title, caption, source_of(study, machine))]


def _handles(grid: list[Axes]) -> list:
    """What the panels show, each once: backends first, limits last."""
    found = {
        label: handle
        for axes in grid
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    return sorted(found.values(), key=lambda handle: "peak" in handle.get_label())


def _line(axes: Axes, index: int, backend: Contender, cases: list[Case]) -> None:
    """Geometric mean over the shapes that ran, with the range over shapes."""
    rates = _rates(backend, cases)
    if not rates:
        return
    ours = backend.name == SUBJECT
    mean_marks(
        axes,
        rates,
        color=COLOURS[index % len(COLOURS)],
        marker=MARKERS[index % len(MARKERS)],
        linestyle="-" if backend.sparse else ":",
        linewidth=2.2 if ours else 1.4,
        markersize=6 if ours else 5,
        elinewidth=0.9,
        capsize=2,
        label=str(backend),
        zorder=4 if ours else 3,
    )


def _rates(backend: Contender, cases: list[Case]) -> dict[float, list[float]]:
    """Dense-equivalent GOPS of the backend's rows that count, by sparsity."""
    rates: dict[float, list[float]] = {}
    for case in sorted(cases, key=lambda case: case.sparsity):
        row = case.counted(backend.name)
        if row is not None:
            rates.setdefault(case.sparsity, []).append(2.0 * row.m * row.k * row.n / row.time_ns)
    return rates


def _limits(axes: Axes, cases: list[Case], peak: float | None, threads: int) -> None:
    if peak is None:
        return
    cores = "one core" if threads == 1 else f"{threads} x one core"
    sparsities = sorted({case.sparsity for case in cases})
    sparsity_axis(axes, sparsities)
    left, right = axes.get_xlim()
    ends = np.array([max(left, 0), right])
    axes.axhline(peak, color="black", linewidth=1.1, label=f"measured int8 peak, {cores}")
    axes.plot(
        ends,
        peak * np.exp(ends),
        color="black",
        linestyle="--",
        linewidth=1.1,
        label="the same peak, zeros skipped",
    )


def _scales(grid: list[Axes], cases: list[Case], backends: list[Contender], peak) -> None:
    sparsities = sorted({case.sparsity for case in cases})
    found = [rate for each in backends for group in _rates(each, cases).values() for rate in group]
    top = max(found + ([peak / (1 - sparsities[-1])] if peak else []))
    for axes in grid:
        sparsity_axis(axes, sparsities)
        log_axis(axes.yaxis, min([*found, peak or top]) / 1.5, top * 1.5)
        axes.tick_params(labelbottom=True)
        axes.set_xlabel("Sparsity (%)")
        if axes.get_subplotspec().is_first_col():
            axes.set_ylabel("Dense-equivalent GOPS (2MNK / time)")


def _caption(machine: MachineFacts, backends: list[Contender], peak) -> str:
    parts = [
        (
            "Marks: geometric mean over the shapes that ran; bars: from the slowest to the"
            " fastest; lines only join them. Dotted: dense libraries, which gain nothing from"
            " zeros."
        )
    ]
    generic = told_generic_paths(backends, machine)
    parts += [generic] if generic else []
    if peak is None:
        parts.append("The int8 peak of this machine is unknown.")
    return " ".join(parts)
