"""Two sides in, what changed out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from spbench.measure.statistics import INDIFFERENCE
from spbench.report.run_comparison.cell import Cell
from spbench.report.run_comparison.change import Change, Estimate, MeanChange, estimates, judge
from spbench.report.run_comparison.difference import (
    Difference,
    fact_differences,
    refuse_other_machines,
    row_differences,
)
from spbench.report.run_comparison.machine_change import MachineChange, machine_changes
from spbench.report.run_comparison.not_compared import NotCompared
from spbench.report.run_comparison.pairs import pair_up, with_control
from spbench.report.run_comparison.side import Side, refuse_twice


@dataclass(frozen=True)
class RunComparison:
    """What :func:`compare_runs` found, in the order of A's rows.

    ``adjusted`` says whether times were divided by the control kernel's; ``basis`` what
    the variance between runs was learnt from; ``warnings`` what a reader must know first.
    """

    a: Side
    b: Side
    adjusted: bool
    basis: str
    changes: list[Change]
    means: list[MeanChange]
    machine: list[MachineChange]
    not_compared: list[NotCompared]
    differences: list[Difference]
    warnings: list[str]
    indifference: float = INDIFFERENCE


def compare_runs(
    a: str,
    b: str,
    backends: Sequence[str] = (),
    across_machines: bool = False,
    may_be_lost: bool = False,
    indifference: float = INDIFFERENCE,
) -> RunComparison:
    """Compare run B with run A, case by case and backend by backend.

    ``a`` and ``b`` are run folders, or repeats of one sweep separated by commas;
    ``backends`` restricts what is compared; faster and slower is what differs by more than
    ``indifference``, a share. Raises :class:`InputError` for what is no run, an
    unknown backend, runs of different machines unless ``across_machines``, and if no case has
    times on both sides (not if ``may_be_lost`` and it is B that lost them).
    """
    sides = Side.open("A", a), Side.open("B", b)
    refuse_twice(*sides)
    refuse_other_machines(*sides, across_machines)
    pairs, left_out = pair_up(*sides, backends, across_machines, may_be_lost)
    another = across_machines and sides[0].hosts != sides[1].hosts
    pairs, adjusted, uncontrolled = with_control(pairs, another)
    cells = [Cell.of(*pair, adjusted) for pair in pairs]
    changes, means = _changes(cells, indifference)
    return RunComparison(
        *sides,
        adjusted,
        _basis(*sides),
        changes,
        means,
        machine_changes(cells),
        left_out + uncontrolled,
        fact_differences(*sides, measured=another) + row_differences(cells),
        _warnings(adjusted, another, changes),
        indifference,
    )


def _changes(cells: Sequence[Cell], indifference: float) -> tuple[list[Change], list[MeanChange]]:
    """Spreads are learnt backend by backend; the verdicts are one family."""
    groups: dict[tuple[str, str], list[int]] = {}
    for index, cell in enumerate(cells):
        groups.setdefault((cell.backend, cell.a[0].host), []).append(index)
    found: dict[int, Estimate] = {}
    means = []
    for indices in groups.values():
        group, mean = estimates([cells[index] for index in indices])
        found |= dict(zip(indices, group, strict=True))
        means += [replace(mean, indifference=indifference)] if mean else []
    return judge(cells, [found[index] for index in range(len(cells))], indifference), means


def _basis(a: Side, b: Side) -> str:
    counts = len(a.folders), len(b.folders)
    if max(counts) > 1:
        return f"the variance between runs is from repeats ({counts[0]} of A, {counts[1]} of B)"
    return (
        "the variance between runs is from the spread of the changes over the cases of a backend,"
        " one token and many apart, assuming that most did not change; repeats (A1,A2,A3 B1,B2,B3) would show it"
    )


def _warnings(adjusted: bool, another: bool, changes: Sequence[Change]) -> list[str]:
    found = []
    if another:
        found.append("different machines: raw times are compared, not adjusted by a control")
    elif not adjusted and changes:
        found.append(
            "RAW TIMES: these runs share no control kernel, so whatever the machine's own speed"
            " did between them is in every ratio; measure both again with this version"
        )
    remarks = [change for change in changes if change.cell.remark]
    if remarks:
        found.append(
            f"{len(remarks)} of {len(changes)} are undecided without a test; the first,"
            f" {remarks[0].cell.backend} {remarks[0].cell.case}: {remarks[0].cell.remark}"
        )
    return found
