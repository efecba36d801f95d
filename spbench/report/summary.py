"""Several comparisons as one figure: the mean of independent shapes, the sum of a model's layers.

Intervals are bootstrapped over rounds (:func:`spbench.measure.resampling.resampled_medians`):
each case's rounds are drawn with replacement, and errors of different cases cancel as they
do by chance. They say what the same cases would give in other rounds, not what other
shapes would give, nor another run. A summary's verdict is that of its own 99 % interval
and not corrected for how many summaries a report shows: they are few.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from spbench.measure.resampling import percentile_interval
from spbench.measure.statistics import Interval, Verdict, verdict
from spbench.report.comparison import (
    MINIMUM_ROUNDS,
    Comparison,
    fewest_rounds,
    sparse_bound,
    steady,
)


@dataclass(frozen=True)
class Summary:
    """What several comparisons say together, run alone and with the change of layout."""

    comparisons: Sequence[Comparison]
    interval: Interval
    with_layout: Interval

    @property
    def verdict(self) -> Verdict:
        """Of the interval; of a single comparison its own, so that no table contradicts another."""
        if len(self.comparisons) == 1:
            return self.comparisons[0].verdict
        return self._verdict(self.interval)

    @property
    def verdict_with_layout(self) -> Verdict:
        """The same of the ratio with the change of layout."""
        if len(self.comparisons) == 1:
            return self.comparisons[0].verdict_with_layout
        return self._verdict(self.with_layout)

    def _verdict(self, interval: Interval) -> Verdict:
        if fewest_rounds(self.comparisons) < MINIMUM_ROUNDS:
            return Verdict.UNDECIDED
        return verdict(interval, self.comparisons[0].indifference)

    @property
    def sparsity_real(self) -> float:
        """Share of all weights together that is not stored."""
        weights = [comparison.row.m * comparison.row.k for comparison in self.comparisons]
        skipped = [
            size * comparison.case.sparsity_real
            for size, comparison in zip(weights, self.comparisons, strict=True)
        ]
        return sum(skipped) / sum(weights)

    @property
    def bound(self) -> float:
        return sparse_bound(self.sparsity_real)

    @property
    def worst(self) -> Comparison:
        """The case with the least ratio."""
        return min(self.comparisons, key=lambda each: each.interval.value)

    @property
    def best(self) -> Comparison:
        """The case with the greatest ratio."""
        return max(self.comparisons, key=lambda each: each.interval.value)

    @property
    def spread(self) -> float:
        """Geometric standard deviation of the cases' ratios, 1 where all are equal.

        Two thirds of cases that scatter normally lie within a factor of it from their mean.
        """
        return float(np.exp(np.std([np.log(each.interval.value) for each in self.comparisons])))


def mean_of(comparisons: Sequence[Comparison]) -> Summary:
    """Geometric mean: every case weighs the same. Raises ValueError without comparisons.

    Disturbed comparisons are not for a mean or a sum: see
    :func:`spbench.report.comparison.steady`.
    """
    if len(comparisons) == 1:
        return Summary(comparisons, comparisons[0].interval, comparisons[0].with_layout)
    values = [(each.interval.value, each.with_layout.value) for each in comparisons]
    resampled = [each.resampled_ratios for each in comparisons]
    return _summary(comparisons, _geometric_mean(values), _geometric_mean(resampled))


def means(comparisons: Iterable[Comparison]) -> dict[float, Summary]:
    """Geometric mean at each sparsity, from the lowest to the highest, without disturbed ones."""
    groups: dict[float, list[Comparison]] = {}
    for comparison in steady(comparisons):
        groups.setdefault(comparison.case.sparsity, []).append(comparison)
    return {sparsity: mean_of(groups[sparsity]) for sparsity in sorted(groups)}


def sum_of(comparisons: Sequence[Comparison]) -> Summary:
    """Sum of the baseline's times over the sum of the backend's: each layer weighs its time.

    The times are medians. Raises ValueError without comparisons.
    """
    times = [(each.baseline.time_ns, each.row.time_ns) for each in comparisons]
    layouts = [(each.baseline.layout_ns or 0.0, each.row.layout_ns or 0.0) for each in comparisons]
    resampled = [each.resampled_times for each in comparisons]
    return _summary(comparisons, _ratio_of_sums(times, layouts), _ratio_of_sums(resampled, layouts))


def _summary(
    comparisons: Sequence[Comparison], values: np.ndarray, resampled: np.ndarray
) -> Summary:
    """``values`` [2] and ``resampled`` [resamples, 2]: run alone, with the change of layout."""
    alone, with_layout = (
        percentile_interval(float(value), column)
        for value, column in zip(values, resampled.T, strict=True)
    )
    return Summary(comparisons, alone, with_layout)


def _geometric_mean(ratios: Sequence) -> np.ndarray:
    """Over the cases, the first axis."""
    if len(ratios) == 0:
        raise ValueError("no comparisons")
    return np.exp(np.mean([np.log(each) for each in ratios], axis=0))


def _ratio_of_sums(times: Sequence, layouts: Sequence) -> np.ndarray:
    """From (baseline, own) times of each case, [..., 2]: the ratio without and with layouts."""
    if len(times) == 0:
        raise ValueError("no comparisons")
    alone, layout = np.sum(times, axis=0, dtype=float), np.sum(layouts, axis=0)
    both = np.stack([alone, alone + layout])
    return (both[..., 0] / both[..., 1]).T
