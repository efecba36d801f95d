"""Times, rates and ratios as tables and sentences of whole models show them."""

from __future__ import annotations

import math

from spbench.measure.statistics import Interval
from spbench.store.model_row import ModelRow
from spbench.store.quality_row import Estimate


def milliseconds(time_ns: float) -> str:
    """Three digits that count: ``0.513``, ``8.40``, ``1003``."""
    value = time_ns / 1e6
    digits = max(0, 2 - math.floor(math.log10(value))) if value > 0 else 0
    return f"{value:.{digits}f}"


def rate(per_second: float) -> str:
    """Three digits that count, thousands apart: ``74.4``, ``1,042``."""
    digits = max(0, 2 - math.floor(math.log10(per_second)))
    return f"{per_second:,.{digits}f}"


def median_ms(row: ModelRow) -> str:
    """The median with its interval, in milliseconds."""
    if row.time_ns_low is None or row.time_ns_high is None:
        return milliseconds(row.time_ns)
    low, high = milliseconds(row.time_ns_low), milliseconds(row.time_ns_high)
    return f"{milliseconds(row.time_ns)} [{low}, {high}]"


def ratio(interval: Interval) -> str:
    """``9.80x [9.61, 9.97]``; from 20 on with fewer digits."""
    digits = 2 if interval.value < 20 else 1
    low, value, high = (
        f"{each:.{digits}f}" for each in (interval.low, interval.value, interval.high)
    )
    return f"{value}x [{low}, {high}]"


def share(estimate: Estimate) -> str:
    """Accuracy in per cent with its interval."""
    return _bounds(estimate, 100, 1)


def cosine(estimate: Estimate) -> str:
    """A number between 0 and 1 with its interval."""
    return _bounds(estimate, 1, 4)


def points(estimate: Estimate) -> str:
    """A difference of accuracies in points with its interval."""
    return _bounds(estimate, 100, 2)


def _bounds(estimate: Estimate, scale: float, digits: int) -> str:
    low, value, high = (
        f"{scale * each:.{digits}f}" for each in (estimate.low, estimate.value, estimate.high)
    )
    return f"{value} [{low}, {high}]"
