"""Paired comparisons: how many times faster one backend is than another, case by case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from spbench.measure.statistics import Interval, Verdict, speedup, verdict
from spbench.report.case import Case
from spbench.store.schema import Row

MINIMUM_ROUNDS = 8
"""Below it a verdict is undecided: not even the whole range bounds the median at 99 %."""


@dataclass(frozen=True)
class Comparison:
    """One case, one backend against its baseline.

    ``interval`` is of the ratio baseline time / backend time: above 1 the
    backend is faster. ``with_layout`` is the same with each library's change of
    the activations' layout added to each of its calls.
    """

    case: Case
    row: Row
    baseline: Row
    interval: Interval
    with_layout: Interval
    rounds: int

    @property
    def verdict(self) -> Verdict:
        return decide(self.interval, self.rounds)

    @property
    def bound(self) -> float:
        """1 / (1 - sparsity): the gain if every skipped product were time saved."""
        return sparse_bound(self.case.sparsity_real)


def compare(case: Case, backend: str, baseline: str) -> Comparison | None:
    """Compare two backends on a case; None unless both have a row that counts."""
    row, other = case.counted(backend), case.counted(baseline)
    if row is None or other is None:
        return None
    return Comparison(
        case,
        row,
        other,
        speedup(other.samples_ns, row.samples_ns),
        speedup(_with_layout(other), _with_layout(row)),
        min(len(row.samples_ns), len(other.samples_ns)),
    )


def decide(interval: Interval, rounds: int) -> Verdict:
    """The verdict of an interval; undecided when it rests on too few rounds."""
    return verdict(interval) if rounds >= MINIMUM_ROUNDS else Verdict.UNDECIDED


def sparse_bound(sparsity: float) -> float:
    """1 / (1 - sparsity); infinite where nothing is stored."""
    return 1 / (1 - sparsity) if sparsity < 1 else float("inf")


def count_verdicts(comparisons: Iterable[Comparison]) -> str:
    """Such as ``70 faster, 1 slower, 1 undecided``: always all three, so that none is hidden."""
    found = Counter(comparison.verdict for comparison in comparisons)
    return ", ".join(f"{found[kind]} {kind}" for kind in Verdict)


def fewest_rounds(comparisons: Sequence[Comparison]) -> int:
    """Rounds behind the weakest of the comparisons."""
    return min(comparison.rounds for comparison in comparisons)


def _with_layout(row: Row) -> list[float]:
    return [sample + (row.layout_ns or 0.0) for sample in row.samples_ns]
