"""The sparsity from which on a shape gains, with its interval: where two fits meet.

A block-sparse product takes t_sparse(s) = a + b (1 - s): what it does for every call,
and what it does for every stored block. The line is fitted to the medians of the measured
sparsities, relative errors squared; the dense time is the mean over the same cases of
their fastest dense backend. Break-even is where both meet. Its interval is
bootstrapped over the rounds of each case, and widened to hold the fits without any one
of the points, so that a bend in the line shows (from three points on). Where the
measured cases contradict it nevertheless, they are believed, not the line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from spbench.measure.resampling import percentile_interval
from spbench.measure.statistics import Interval, Verdict
from spbench.report.case import percent
from spbench.report.comparison import Comparison, steady

DIGITS_FROM = 0.85


@dataclass(frozen=True)
class Line:
    """t = fixed + by_weight (1 - s): nanoseconds a call of a sparse product at sparsity s."""

    fixed_ns: float
    by_weight_ns: float

    def time_ns(self, sparsity: float) -> float:
        return self.fixed_ns + self.by_weight_ns * (1 - sparsity)


@dataclass(frozen=True)
class BreakEven:
    """One shape at one number of tokens; ``points`` by ascending sparsity, none disturbed.

    Each point compares the subject with the fastest dense backend of that case; ``with_layout``,
    what each of both pays for its change of layout is added to its times.
    """

    points: Sequence[Comparison]
    with_layout: bool = False

    @property
    def shape(self) -> tuple[int, int, int]:
        """(M, K, N)."""
        return (*self.points[0].case.shape, self.points[0].case.n)

    @property
    def measured(self) -> tuple[float, float]:
        """The lowest and the highest sparsity measured."""
        return self.points[0].case.sparsity, self.points[-1].case.sparsity

    @property
    def rivals(self) -> Counter[str]:
        """The fastest dense backends, by the number of points at which they were it."""
        return Counter(each.baseline.backend for each in self.points)

    @property
    def dense_ns(self) -> float:
        """Time a call of the fastest dense backend, mean over the points."""
        return float(np.mean(self._times(self.points)[:, 0]))

    @cached_property
    def line(self) -> Line | None:
        """The fit to the subject's medians; None with a single sparsity."""
        if not _make_a_line(self.points):
            return None
        return Line(*map(float, self._solver @ self._own_times(self.points)))

    @cached_property
    def _solver(self) -> np.ndarray:
        return self._solver_of(self.points)

    def _solver_of(self, points: Sequence[Comparison]) -> np.ndarray:
        return _solver(points, self._own_times(points))

    def _own_times(self, points: Sequence[Comparison]) -> np.ndarray:
        return self._times(points)[:, 1]

    def _times(self, points: Sequence[Comparison]) -> np.ndarray:
        """Medians of dense and subject, [points, 2]."""
        alone = np.array([(each.baseline.time_ns, each.row.time_ns) for each in points])
        return alone + self._layouts(points)

    def _layouts(self, points: Sequence[Comparison]) -> np.ndarray | float:
        if not self.with_layout:
            return 0.0
        return np.array([[row.layout_ns or 0.0 for row in (p.baseline, p.row)] for p in points])

    def _verdict(self, point: Comparison) -> Verdict:
        return point.verdict_with_layout if self.with_layout else point.verdict

    def _measured(self, point: Comparison) -> Interval:
        return point.with_layout if self.with_layout else point.interval

    @cached_property
    def interval(self) -> Interval | None:
        """Sparsity at which both are equally fast, 99 %; None with a single sparsity.

        Not cut to what can be: below 0 the fit says that it pays without any zeros, above 1
        (or infinity, where time does not fall with sparsity) that it never does.
        """
        if self.line is None:
            return None
        value = float(_meet(np.array([self.line.fixed_ns, self.line.by_weight_ns]), self.dense_ns))
        others = [float(_meet(line, self.dense_ns)) for line in self._fits_without_one()]
        times = np.stack([each.resampled_times for each in self.points], axis=1).astype(float)
        times = times + self._layouts(self.points)
        lines = times[:, :, 1] @ self._solver.T
        drawn = percentile_interval(value, _meet(lines, times[:, :, 0].mean(axis=1)))
        return Interval(min([drawn.low, *others]), value, max([drawn.high, *others]))

    @cached_property
    def bracket(self) -> tuple[float | None, float | None]:
        """The highest measured sparsity that is slower, the lowest from which on all are faster.

        None where no point is that.
        """
        slower = [
            each.case.sparsity for each in self.points if self._verdict(each) is Verdict.SLOWER
        ]
        faster = None
        for each in reversed(self.points):
            if self._verdict(each) is not Verdict.FASTER:
                break
            faster = each.case.sparsity
        return max(slower, default=None), faster

    @property
    def contradicted(self) -> bool:
        """Whether a measured case beyond the fit's interval speaks against the fit.

        It is faster below the interval, slower above it, or undecided with an interval of its own
        that does not hold what the fit says there.
        """
        if self.interval is None:
            return False
        return any(map(self._speaks_against, self.points))

    def _speaks_against(self, point: Comparison) -> bool:
        below = point.case.sparsity < self.interval.low
        if not below and point.case.sparsity <= self.interval.high:
            return False
        if self._verdict(point) is Verdict.UNDECIDED:
            predicted = self.dense_ns / self.line.time_ns(point.case.sparsity_real)
            measured = self._measured(point)
            return not measured.low <= predicted <= measured.high
        return self._verdict(point) is (Verdict.FASTER if below else Verdict.SLOWER)

    @property
    def pays_without_zeros(self) -> bool:
        """Whether it is measured to be faster from no zeros at all on."""
        return self.bracket[1] == 0

    @property
    def extrapolated(self) -> bool:
        """Whether the fit meets dense beyond what was measured."""
        lowest, highest = self.measured
        return self.interval is not None and not lowest <= self.interval.value <= highest

    @property
    def untested(self) -> bool:
        """Whether there are two sparsities only: every line goes through two points."""
        return len({each.case.sparsity for each in self.points}) == 2

    def __str__(self) -> str:
        """What can be said, and on what it rests: measured, fitted within, or beyond."""
        lowest, highest = self.measured
        if self.pays_without_zeros:
            return "pays without any zeros" + self._if_the_only_one()
        if self.interval is None:
            return self._only_measured()
        if self.contradicted:
            return f"{self._bracketed()}; the times at the measured sparsities lie on no line"
        fitted = "at any sparsity" if self.interval.high <= 0 else _percents(self.interval)
        if self.interval.value < lowest:
            return f"{self._at_lowest()}; fit {fitted}"
        if self.interval.low >= 1:
            return f"{self._at_highest()}; fit: none up to 100 %"
        if self.interval.value > highest:
            return f"{self._at_highest()}; fit {fitted}"
        if self.untested:
            return f"fit {fitted}; two sparsities, which test no line"
        return fitted

    def _at_lowest(self) -> str:
        """That it pays below is said only if the whole interval and the case there say it."""
        lowest, verdict = self.measured[0], self._verdict(self.points[0])
        if self.interval.high < lowest and verdict is Verdict.FASTER:
            return f"below {percent(lowest)} (lowest measured)"
        return f"around {percent(lowest)} (lowest measured, {verdict} there)"

    def _at_highest(self) -> str:
        highest, verdict = self.measured[1], self._verdict(self.points[-1])
        if self.interval.low > highest and verdict is Verdict.SLOWER:
            return f"above {percent(highest)} (highest measured)"
        return f"around {percent(highest)} (highest measured, {verdict} there)"

    def _only_measured(self) -> str:
        point = self.points[0]
        where = {
            Verdict.FASTER: "below {}",
            Verdict.SLOWER: "above {}",
            Verdict.UNDECIDED: "undecided at {}",
        }
        told = where[self._verdict(point)].format(percent(point.case.sparsity))
        return told + self._if_the_only_one()

    def _if_the_only_one(self) -> str:
        return " (the only one measured)" if self.interval is None else ""

    def _bracketed(self) -> str:
        slower, faster = self.bracket
        if faster is None:
            return f"above {percent(slower)}" if slower is not None else "undecided"
        return (
            f"below {percent(faster)}"
            if slower is None
            else f"between {percent(slower)} and {percent(faster)}"
        )

    def _fits_without_one(self) -> list[np.ndarray]:
        """Without each of the points, where the others still make a line."""
        size = len(self.points)
        fewer = [[*self.points[:i], *self.points[i + 1 :]] for i in range(size)]
        lines = filter(_make_a_line, fewer)
        return [self._solver_of(points) @ self._own_times(points) for points in lines]


def break_evens(comparisons: Iterable[Comparison], with_layout: bool = False) -> list[BreakEven]:
    """One for each shape and number of tokens, from comparisons with the fastest dense backend.

    Disturbed ones are left out.
    """
    groups: dict[tuple, list[Comparison]] = {}
    for each in steady(comparisons):
        groups.setdefault((each.case.shape, each.case.n), []).append(each)
    return [
        BreakEven(sorted(group, key=lambda each: each.case.sparsity), with_layout)
        for group in groups.values()
    ]


def _make_a_line(points: Sequence[Comparison]) -> bool:
    return len({each.case.sparsity_real for each in points}) > 1


def _solver(points: Sequence[Comparison], scale: np.ndarray) -> np.ndarray:
    """Least squares of relative errors, [2, points]: times -> fixed, by weight."""
    stored = np.array([1 - each.case.sparsity_real for each in points])
    design = np.stack([np.ones_like(stored), stored], axis=1) / scale[:, None]
    return np.linalg.pinv(design) / scale


def _meet(lines: np.ndarray, dense_ns: np.ndarray | float) -> np.ndarray:
    """Sparsity at which each line [..., 2] takes ``dense_ns``.

    Where time does not fall with sparsity there is none: minus infinity if the line is below
    the dense time throughout, infinity if not.
    """
    fixed, by_weight = lines[..., 0], lines[..., 1]
    falls = by_weight > 0
    met = 1 - (dense_ns - fixed) / np.where(falls, by_weight, 1)
    return np.where(falls, met, np.where(fixed < dense_ns, -np.inf, np.inf))


def _percents(interval: Interval) -> str:
    """Such as ``31 % [28, 34]``, or ``96.4 % [94.1, none]``: cut to what can be.

    Near 100 % tenths are told: there they are worth as much as ten per cent near 0.
    """
    digits = 1 if interval.value >= DIGITS_FROM else 0
    low, value, high = (
        "none" if each >= 1 else f"{100 * max(each, 0):.{digits}f}"
        for each in (interval.low, interval.value, interval.high)
    )
    return f"{value}{' %' * (value != 'none')} [{low}, {high}]"
