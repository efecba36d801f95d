"""Running a sweep on one machine: cases in order, rows to the folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from spbench.store.run_folder import RunFolder
from spbench.store.schema import Row
from spbench.sweeps.case import Case

Progress = Callable[[Case, list[Row]], None]


class Runner(Protocol):
    """Whatever can measure a case: this machine, or another one."""

    def measure(self, case: Case) -> list[Row]: ...


def run_sweep(
    cases: Sequence[Case],
    runner: Runner,
    folder: RunFolder,
    progress: Progress = lambda case, rows: None,
) -> None:
    """Measure ``cases`` and append their rows, each on the disk before the next case begins.

    Raises :class:`RunError` if the disk fills; the rows before are safe.
    """
    for case in cases:
        rows = runner.measure(case)
        for row in rows:
            folder.append(row)
        progress(case, rows)
