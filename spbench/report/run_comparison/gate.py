"""The gate of ``--fail-on``: a slowdown whose whole interval lies beyond what is allowed.

It trips as well on what was lost: a result of A that is wrong, failed or missing in B. And it
says which slowdown it could have seen, since a gate that sees nothing stays shut too.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from spbench.measure.statistics import CONFIDENCE, Interval
from spbench.report.run_comparison.change import Change, Estimate, MeanChange
from spbench.report.run_comparison.not_compared import NotCompared


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


@dataclass(frozen=True)
class Sight:
    """From which growth of the time on the gate trips: in the mean of a backend, and in a case.

    ``in_case`` is the median over the cases. None: nothing could trip it, however slow.
    """

    backend: str
    cases: int
    in_mean: float | None
    in_case: float | None

    def __str__(self) -> str:
        if self.in_mean is None and self.in_case is None:
            return (
                f"{self.backend}: NO slowdown can trip the gate, how far two runs lie apart is not"
                f" known from {self.cases} case{'s' * (self.cases != 1)} (measure more of them, or"
                " repeats: A1,A2,A3 B1,B2,B3)"
            )
        return (
            f"{self.backend}: the gate trips from {_seen(self.in_mean)} in the mean of"
            f" {self.cases}, from {_seen(self.in_case)} in a single case (median)"
        )


def breaches(
    changes: Sequence[Change], means: Sequence[MeanChange], allowed: float
) -> list[Breach]:
    """Means and cases whose time grew by more than ``allowed`` (0.05 is 5 %) for certain.

    The intervals are widened so that, as far as the errors are what they are taken to be, a gate
    on two equal runs trips with a probability of at most 1 %: half of that is shared out
    among the means, half among the cases (Bonferroni), which is stricter than what the
    verdicts are corrected with. From repeats the errors are measured; with one run a side
    they rest on most cases not having changed, and on tails like those of other runs.
    """
    return [
        Breach(what, _growth(estimate.interval(confidence)))
        for what, estimate, confidence in _guarded(changes, means)
        if estimate.interval(confidence).high * (1 + allowed) < 1
    ]


def losses(not_compared: Sequence[NotCompared]) -> list[NotCompared]:
    """What has times in A and none that count in B: wrong, failed, or missing."""
    return [each for each in not_compared if each.lost]


def sights(changes: Sequence[Change], means: Sequence[MeanChange], allowed: float) -> list[Sight]:
    """What the gate could have seen, for each backend (and machine) with a mean."""
    of_means, of_cases = _confidences(changes, means)
    found = []
    for mean in means:
        own = [
            _smallest(each.estimate, of_cases, allowed)
            for each in _judged(changes)
            if (each.cell.backend, each.cell.a[0].host) == (mean.backend, mean.host)
        ]
        in_mean, in_case = _smallest(mean.estimate, of_means, allowed), statistics.median(own)
        found.append(Sight(mean.backend, mean.cases, _finite(in_mean), _finite(in_case)))
    return found


def _guarded(
    changes: Sequence[Change], means: Sequence[MeanChange]
) -> Iterator[tuple[str, Estimate, float]]:
    """What is looked at, with the confidence of its interval."""
    of_means, of_cases = _confidences(changes, means)
    for mean in means:
        yield f"{mean.backend}, geometric mean of {mean.cases}", mean.estimate, of_means
    for each in _judged(changes):
        yield f"{each.cell.backend}, {each.cell.case}", each.estimate, of_cases


def _confidences(changes: Sequence[Change], means: Sequence[MeanChange]) -> tuple[float, float]:
    """Of the interval of a mean, and of a case."""
    of_means, of_cases = (
        1 - (1 - CONFIDENCE) / 2 / max(1, len(group)) for group in (means, _judged(changes))
    )
    return of_means, of_cases


def _judged(changes: Sequence[Change]) -> list[Change]:
    return [change for change in changes if not change.cell.remark]


def _smallest(estimate: Estimate, confidence: float, allowed: float) -> float:
    """The least growth of the time that would have tripped the gate; infinite if none."""
    return math.exp(estimate.reach(confidence)) * (1 + allowed) - 1


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _seen(growth: float | None) -> str:
    return "no slowdown" if growth is None else f"{growth:+.1%} time on"


def _growth(ratio: Interval) -> Interval:
    low, value, high = (
        1 / each - 1 if each else float("inf") for each in (ratio.high, ratio.value, ratio.low)
    )
    return Interval(low, value, high)
