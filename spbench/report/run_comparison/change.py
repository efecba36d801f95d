"""What changed from A to B: of one case and backend, and of a backend on average."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spbench.measure.statistics import (
    CONFIDENCE,
    INDIFFERENCE,
    Interval,
    Verdict,
    largest_significant,
    verdict,
)
from spbench.report.run_comparison.cell import Cell
from spbench.report.run_comparison.spread import Spread, from_cases, from_repeats
from spbench.report.run_comparison.student import quantile, two_sided_p

FEWEST_DEGREES = 1
"""With fewer degrees of freedom an error is hardly known, and Student's t has no mean."""
WIDEST = 100
"""An interval that reaches farther than this factor tells nothing; nobody reads its digits."""


@dataclass(frozen=True)
class Estimate:
    """A logarithm of B's time over A's, its standard error and Student's degrees of freedom."""

    change: float
    error: float
    degrees: float

    def interval(self, confidence: float = CONFIDENCE) -> Interval:
        """A's time over B's with its interval: above 1, B is faster; 0 to infinity if unknown."""
        reach = self.reach(confidence)
        return Interval(*(_exp(by - self.change) for by in (-reach, 0.0, reach)))

    def reach(self, confidence: float = CONFIDENCE) -> float:
        """How far the interval reaches to each side, as a logarithm; infinite if unknown."""
        if self.degrees < FEWEST_DEGREES:
            return math.inf
        reach = quantile(confidence, self.degrees) * self.error if self.error else 0.0
        return reach if reach <= math.log(WIDEST) else math.inf

    def likelier(self, indifference: float = INDIFFERENCE) -> tuple[Verdict, float]:
        """The likelier of faster and slower, and its two-sided p-value.

        That of the test which the interval inverts: the p-value is below 1 % exactly where
        the 99 % interval lies wholly beyond the indifference zone.
        """
        kind = Verdict.FASTER if self.change < 0 else Verdict.SLOWER
        beyond = abs(self.change) - math.log1p(indifference)
        if beyond <= 0 or self.degrees < FEWEST_DEGREES:
            return kind, 1.0
        return kind, two_sided_p(beyond / self.error, self.degrees) if self.error else 0.0


@dataclass(frozen=True, eq=False)
class Change:
    """One case and backend: how B stands to A. ``verdict`` is corrected for many cases."""

    cell: Cell
    estimate: Estimate
    verdict: Verdict

    @property
    def interval(self) -> Interval:
        """A's time over B's with its own 99 % interval, not corrected."""
        return self.estimate.interval()


@dataclass(frozen=True)
class MeanChange:
    """The geometric mean over the cases of one backend on one machine that can be judged."""

    backend: str
    host: str
    cases: int
    estimate: Estimate
    indifference: float = INDIFFERENCE

    @property
    def interval(self) -> Interval:
        return self.estimate.interval()

    @property
    def verdict(self) -> Verdict:
        return verdict(self.interval, self.indifference)


def estimates(cells: Sequence[Cell]) -> tuple[list[Estimate], MeanChange | None]:
    """Estimates of cells of one backend on one machine, and of their mean.

    Cells that carry a remark do not enter the mean, which is None if all of them do.
    """
    judged = [index for index, cell in enumerate(cells) if not cell.remark]
    changes = np.array([cell.change for cell in cells])
    spread = _spread(cells)
    errors = np.sqrt(spread.variances)
    found = [
        Estimate(float(change), float(error), float(degrees))
        for change, error, degrees in zip(changes, errors, spread.degrees, strict=True)
    ]
    if not judged:
        return found, None
    mean = Estimate(
        float(changes[judged].mean()), math.sqrt(spread.mean_variance), spread.mean_degrees
    )
    first = cells[0].a[0]
    return found, MeanChange(first.backend, first.host, len(judged), mean)


def judge(
    cells: Sequence[Cell], estimates: Sequence[Estimate], indifference: float = INDIFFERENCE
) -> list[Change]:
    """Verdicts of one family, corrected by Benjamini and Hochberg's procedure.

    A cell with a remark is no member of the family, and undecided.
    """
    tests = [
        None if cell.remark else estimate.likelier(indifference)
        for cell, estimate in zip(cells, estimates, strict=True)
    ]
    limit = largest_significant([test[1] for test in tests if test], 1 - CONFIDENCE)
    return [
        Change(cell, estimate, test[0] if test and test[1] <= limit else Verdict.UNDECIDED)
        for cell, estimate, test in zip(cells, estimates, tests, strict=True)
    ]


def _spread(cells: Sequence[Cell]) -> Spread:
    rounds = np.array([cell.rounds_variance for cell in cells])
    a, b = (
        np.array([[time.value for time in times] for times in side])
        for side in ([cell.a_times for cell in cells], [cell.b_times for cell in cells])
    )
    if a.shape[1] + b.shape[1] > 2:
        return from_repeats(a, b, rounds)
    kinds = np.array([cell.case.n == 1 for cell in cells])
    return from_cases(b[:, 0] - a[:, 0], rounds, kinds)


def _exp(value: float) -> float:
    try:
        return math.exp(value)
    except OverflowError:
        return math.inf
