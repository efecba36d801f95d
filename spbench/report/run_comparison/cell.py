"""A cell: one case and backend on one machine, measured in every run of both sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spbench.report.case import Case
from spbench.report.comparison import DISTURBED_SHARE, MINIMUM_ROUNDS
from spbench.report.run_comparison.log_time import LogTime, log_time
from spbench.store.schema import Row


@dataclass(frozen=True, eq=False)
class Cell:
    """The rows of one case and backend, all of which count; one for each run of a side."""

    a: Sequence[Row]
    b: Sequence[Row]
    a_times: Sequence[LogTime]
    b_times: Sequence[LogTime]

    @classmethod
    def of(cls, a: Sequence[Row], b: Sequence[Row], adjusted: bool) -> Cell:
        """``adjusted``: times over the control's, which every row must then have."""
        a_times, b_times = ([log_time(row, adjusted) for row in rows] for rows in (a, b))
        return cls(a, b, a_times, b_times)

    @property
    def case(self) -> Case:
        return Case({self.a[0].backend: self.a[0]})

    @property
    def backend(self) -> str:
        return self.a[0].backend

    @property
    def rows(self) -> list[Row]:
        return [*self.a, *self.b]

    @property
    def change(self) -> float:
        """Logarithm of B's time over A's."""
        return _mean(self.b_times) - _mean(self.a_times)

    @property
    def rounds_variance(self) -> float:
        """The variance of :attr:`change` that the scatter of the rounds alone explains."""
        return sum(
            sum(time.error**2 for time in times) / len(times) ** 2
            for times in (self.a_times, self.b_times)
        )

    @property
    def a_ns(self) -> float:
        """A's time of a call in nanoseconds, not adjusted; over repeats their geometric mean."""
        return _geometric_mean([row.time_ns for row in self.a])

    @property
    def b_ns(self) -> float:
        return _geometric_mean([row.time_ns for row in self.b])

    @property
    def remark(self) -> str:
        """Why no verdict can rest on it; empty if one can."""
        if min(time.rounds for time in (*self.a_times, *self.b_times)) < MINIMUM_ROUNDS:
            return f"fewer than {MINIMUM_ROUNDS} rounds"
        lost = max(row.lost_share or 0.0 for row in self.rows)
        if lost > DISTURBED_SHARE:
            return f"disturbed: other processes had its core for {lost:.0%} of the time"
        return ""


def has_control(row: Row) -> bool:
    """Whether a control kernel took turns in the row's rounds."""
    return bool(row.control_samples_ns) and min(row.control_samples_ns) > 0


def share_control(rows: Sequence[Row]) -> bool:
    """Whether all rows were measured beside the same control kernel."""
    return all(map(has_control, rows)) and len({(r.control, r.control_ops) for r in rows}) == 1


def _mean(times: Sequence[LogTime]) -> float:
    return sum(time.value for time in times) / len(times)


def _geometric_mean(values: Sequence[float]) -> float:
    return float(np.exp(np.log(values).mean()))
