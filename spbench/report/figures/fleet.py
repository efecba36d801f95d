"""Speed-up over the dense baseline by sparsity, machine by machine."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from spbench.report.comparison import Comparison
from spbench.report.figures.gain import frame
from spbench.report.figures.style import (
    COLOURS,
    MARKERS,
    Figure,
    finish,
    grouped_by_n,
    head,
    mean_marks,
    panels,
    position,
    styled,
    tokens,
)
from spbench.report.fleet import Fleet
from spbench.report.machine import Machines


def draw(fleet: Fleet, machines: Machines) -> list[Figure]:
    """A panel for each number of tokens, marks for each machine."""
    everything = [each for found in fleet.shared.values() for each in found]
    if not everything:
        return []
    title = f"Speed-up over {fleet.over} by machine"
    groups = grouped_by_n(everything, lambda each: each.case.n)
    with styled():
        canvas, grid = panels(len(groups), 2, 3.0, sharey=True)
        for axes, n in zip(grid, groups, strict=True):
            _panel(axes, fleet, machines, n)
            frame(axes, everything)
            axes.set_title(tokens(n), loc="left")
            if axes.get_subplotspec().is_first_col():
                axes.set_ylabel("Speed-up")
        head(canvas, title, [*grid[0].containers, *grid[0].lines[-2:]], 3)
        caption = (
            "Marks: geometric mean over the shapes that every machine has; bars: from the slowest"
            " to the fastest shape. Each machine is compared with its own dense library."
        )
        newest = max(
            fleet.studies, key=lambda each: str(machines.of(each.setting.host).get("date"))
        )
        names = [machines.name(study.setting.host) for study in fleet.studies]
        date = str(machines.of(newest.setting.host).get("date"))[:10]
        source = f"{', '.join(names)}; {date}; {fleet.setting}."
        return [finish(canvas, "speedup-by-machine", title, caption, source)]


def _panel(axes: Axes, fleet: Fleet, machines: Machines, n: int) -> None:
    span = _span([each for found in fleet.shared.values() for each in found])
    for index, (host, comparisons) in enumerate(fleet.shared.items()):
        values: dict[float, list[float]] = {}
        for each in comparisons:
            if each.case.n == n:
                values.setdefault(each.case.sparsity, []).append(each.interval.value)
        mean_marks(
            axes,
            values,
            shift=0.012 * span * (index - (len(fleet.shared) - 1) / 2),
            color=COLOURS[index % len(COLOURS)],
            marker=MARKERS[index % len(MARKERS)],
            markersize=5,
            linestyle="none",
            elinewidth=1.1,
            capsize=2.5,
            label=machines.name(host),
            zorder=3,
        )


def _span(comparisons: Sequence[Comparison]) -> float:
    """How far the sparsities reach on their axis."""
    places = [position(each.case.sparsity) for each in comparisons]
    return max(float(max(places) - min(places)), 0.2)
