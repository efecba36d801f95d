"""What the machine itself did between the runs, as its control kernel shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spbench.measure.statistics import Interval, median_interval
from spbench.report.run_comparison.cell import Cell, share_control
from spbench.store.schema import Row


@dataclass(frozen=True)
class MachineChange:
    """The control's time in A over that in B: above 1, the machine was faster in B.

    ``control`` says what ran; times are nanoseconds a call, medians over the cases.
    """

    control: str
    host: str
    a_ns: float
    b_ns: float
    interval: Interval


def machine_changes(cells: Sequence[Cell]) -> list[MachineChange]:
    """One for each machine and control kernel; none without controls."""
    groups: dict[tuple[str, str], dict[str, Cell]] = {}
    for cell in cells:
        first = cell.a[0]
        if share_control(cell.rows):
            groups.setdefault((first.control, first.host), {})[first.case_id] = cell
    return [_change(*key, list(group.values())) for key, group in groups.items()]


def _change(control: str, host: str, cells: Sequence[Cell]) -> MachineChange:
    """The backends of a case share its control: one cell of each case is enough."""
    a, b = (np.array([_time(rows) for rows in side]) for side in _sides(cells))
    return MachineChange(
        control, host, float(np.median(a)), float(np.median(b)), median_interval(a / b)
    )


def _sides(cells: Sequence[Cell]) -> tuple[list[Sequence[Row]], list[Sequence[Row]]]:
    return [cell.a for cell in cells], [cell.b for cell in cells]


def _time(rows: Sequence[Row]) -> float:
    return float(np.mean([np.median(row.control_samples_ns) for row in rows]))
