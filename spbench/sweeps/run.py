"""Running a sweep: cases in order, rows to the folder, what is there already left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from spbench.store.run_folder import RunFolder
from spbench.store.schema import Row
from spbench.sweeps.case import Case


class Runner(Protocol):
    """Whatever can measure a case: this machine, or another one."""

    def measure(self, case: Case) -> list[Row]: ...


def missing_cases(
    cases: Sequence[Case], backends: Sequence[str], rows: Sequence[Row]
) -> list[Case]:
    """Cases for which some backend has no row yet.

    Half of a case is measured again whole: its backends are compared with each
    other, so they must take turns.
    """
    present = {row.key for row in rows}
    return [case for case in cases if any((case.case_id, name) not in present for name in backends)]


def run_sweep(
    cases: Sequence[Case],
    runner: Runner,
    folder: RunFolder,
    progress: Callable[[Case, list[Row]], None] = lambda case, rows: None,
) -> None:
    """Measure ``cases`` and append their rows, each on the disk before the next case begins.

    Raises :class:`RunError` if the disk fills; the rows before are safe.
    """
    for case in cases:
        rows = runner.measure(case)
        for row in rows:
            folder.append(row)
        progress(case, rows)
