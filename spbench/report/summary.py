"""Several comparisons as one figure: the mean of independent shapes, the sum of a model's layers.

Both go bound by bound: the lower bound of the whole is made of all the lower
bounds. Errors never cancel, so the intervals are wider than they need be, never
narrower.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from spbench.measure.statistics import Interval, Verdict, geometric_mean
from spbench.report.comparison import Comparison, decide, fewest_rounds, sparse_bound
from spbench.store.schema import Row


@dataclass(frozen=True)
class Summary:
    """What several comparisons say together, run alone and with the change of layout."""

    comparisons: Sequence[Comparison]
    interval: Interval
    with_layout: Interval

    @property
    def verdict(self) -> Verdict:
        return decide(self.interval, fewest_rounds(self.comparisons))

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


def mean_of(comparisons: Sequence[Comparison]) -> Summary:
    """Geometric mean: every case weighs the same. Raises ValueError without comparisons."""
    return Summary(
        comparisons,
        geometric_mean(comparison.interval for comparison in comparisons),
        geometric_mean(comparison.with_layout for comparison in comparisons),
    )


def sum_of(comparisons: Sequence[Comparison]) -> Summary:
    """Sum of the baseline's times over the sum of the backend's: each layer weighs its time.

    Raises ValueError without comparisons.
    """
    if not comparisons:
        raise ValueError("no comparisons")
    return Summary(
        comparisons,
        _ratio_of_sums(comparisons, layout=False),
        _ratio_of_sums(comparisons, layout=True),
    )


def _ratio_of_sums(comparisons: Sequence[Comparison], layout: bool) -> Interval:
    """Value from the medians; bounds from the paired bounds, weighted by the backend's time.

    A layer's paired ratio times the backend's time is the baseline's time as
    those rounds saw it, so the weighted mean of the bounds bounds the sums.
    """
    own = [_time(comparison.row, layout) for comparison in comparisons]
    base = [_time(comparison.baseline, layout) for comparison in comparisons]
    ratios = [
        comparison.with_layout if layout else comparison.interval for comparison in comparisons
    ]
    low = sum(time * ratio.low for time, ratio in zip(own, ratios, strict=True)) / sum(own)
    high = sum(time * ratio.high for time, ratio in zip(own, ratios, strict=True)) / sum(own)
    value = sum(base) / sum(own)
    return Interval(min(low, value), value, max(high, value))


def _time(row: Row, layout: bool) -> float:
    return row.time_ns + ((row.layout_ns or 0.0) if layout else 0.0)
