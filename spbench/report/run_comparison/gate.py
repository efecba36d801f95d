"""The gate of ``--fail-on``: a slowdown whose whole interval lies beyond what is allowed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from spbench.measure.statistics import CONFIDENCE, Interval
from spbench.report.run_comparison.change import Change, MeanChange


@dataclass(frozen=True)
class Breach:
    """One case or mean that is slower than allowed.

    ``interval`` is of B's time over A's, less 1, and as wide as the gate wants it.
    """

    what: str
    interval: Interval

    def __str__(self) -> str:
        low, value, high = (f"{each:+.1%}" for each in vars(self.interval).values())
        return f"{self.what}: {value} time [{low}, {high}]"


def breaches(
    changes: Sequence[Change], means: Sequence[MeanChange], allowed: float
) -> list[Breach]:
    """Means and cases whose time grew by more than ``allowed`` (0.05 is 5 %) for certain.

    The intervals are widened so that a gate on two equal runs trips with a probability of
    at most 1 %: half of that is shared out among the means, half among the cases
    (Bonferroni), which is stricter than what the verdicts are corrected with.
    """
    judged = [change for change in changes if not change.cell.remark]
    named = [(f"{mean.backend}, geometric mean of {mean.cases}", mean.estimate) for mean in means]
    cases = [(f"{each.cell.backend}, {each.cell.case}", each.estimate) for each in judged]
    found = []
    for group in (named, cases):
        confidence = 1 - (1 - CONFIDENCE) / 2 / max(1, len(group))
        for what, estimate in group:
            ratio = estimate.interval(confidence)
            if ratio.high * (1 + allowed) < 1:
                found.append(Breach(what, _growth(ratio)))
    return found


def _growth(ratio: Interval) -> Interval:
    low, value, high = (
        1 / each - 1 if each else float("inf") for each in (ratio.high, ratio.value, ratio.low)
    )
    return Interval(low, value, high)
