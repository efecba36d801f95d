"""Medians, their intervals, paired ratios and three-valued verdicts.

Intervals are order statistics: the bounds of a median at a given confidence
follow from the binomial distribution alone (Conover, Practical Nonparametric
Statistics, section 3.2), so no distribution of timings is assumed and no random
numbers are drawn.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

CONFIDENCE = 0.99
INDIFFERENCE = 0.01


class Verdict(StrEnum):
    """What an interval of a speedup allows to say."""

    FASTER = "faster"
    SLOWER = "slower"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Interval:
    """A value with the bounds of its confidence interval."""

    low: float
    value: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}]"


def median_interval(samples: Sequence[float], confidence: float = CONFIDENCE) -> Interval:
    """Median of ``samples`` with its distribution-free confidence interval.

    With too few samples for the confidence asked for, the interval is the whole
    range, which is then an understatement of the uncertainty: at 99 % that is so
    below 8 samples. Raises ValueError without samples.
    """
    if len(samples) == 0:
        raise ValueError("no samples")
    ordered = np.sort(np.asarray(samples, dtype=float))
    outside = _samples_outside(len(ordered), confidence)
    return Interval(
        float(ordered[outside]), float(np.median(ordered)), float(ordered[-1 - outside])
    )


def _samples_outside(count: int, confidence: float) -> int:
    """How many samples may lie beyond each bound of the median's interval."""
    tail, outside = 0.0, 0
    for below in range((count - 1) // 2):
        tail += math.comb(count, below) / 2.0**count
        if 2 * tail > 1 - confidence:
            break
        outside = below
    return outside


def speedup(
    baseline_ns: Sequence[float], samples_ns: Sequence[float], confidence: float = CONFIDENCE
) -> Interval:
    """How many times faster ``samples_ns`` is than ``baseline_ns``, paired round by round.

    Both hold one time a round, in the order of the rounds. If one side has fewer
    rounds (it was cut short), the rounds that both have are compared.
    """
    rounds = min(len(baseline_ns), len(samples_ns))
    ratios = np.asarray(baseline_ns[:rounds], float) / np.asarray(samples_ns[:rounds], float)
    return median_interval(ratios, confidence)


def verdict(interval: Interval, indifference: float = INDIFFERENCE) -> Verdict:
    """Faster or slower only if the whole interval lies beyond the indifference zone around 1."""
    if interval.low > 1 + indifference:
        return Verdict.FASTER
    if interval.high < 1 / (1 + indifference):
        return Verdict.SLOWER
    return Verdict.UNDECIDED


def geometric_mean(intervals: Iterable[Interval]) -> Interval:
    """Geometric mean of several intervals, bound by bound (conservative: errors never cancel).

    Raises ValueError without intervals.
    """
    bounds = np.array([(i.low, i.value, i.high) for i in intervals], dtype=float)
    if bounds.size == 0:
        raise ValueError("no intervals")
    return Interval(*(float(bound) for bound in np.exp(np.log(bounds).mean(axis=0))))
