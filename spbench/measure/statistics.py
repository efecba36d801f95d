"""Medians, their intervals, paired ratios and three-valued verdicts.

Intervals are order statistics: the bounds of a median at a given confidence
follow from the binomial distribution alone (Conover, Practical Nonparametric
Statistics, section 3.2), so no distribution of timings is assumed and no random
numbers are drawn.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
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
    return median_interval(paired_ratios(baseline_ns, samples_ns), confidence)


def paired_ratios(baseline_ns: Sequence[float], samples_ns: Sequence[float]) -> np.ndarray:
    """``baseline_ns / samples_ns`` round by round, for the rounds that both have."""
    rounds = min(len(baseline_ns), len(samples_ns))
    return np.asarray(baseline_ns[:rounds], float) / np.asarray(samples_ns[:rounds], float)


def verdict(interval: Interval, indifference: float = INDIFFERENCE) -> Verdict:
    """Faster or slower only if the whole interval lies beyond the indifference zone around 1."""
    if interval.low > 1 + indifference:
        return Verdict.FASTER
    if interval.high < 1 / (1 + indifference):
        return Verdict.SLOWER
    return Verdict.UNDECIDED


def verdicts(
    ratios: Sequence[np.ndarray],
    confidence: float = CONFIDENCE,
    indifference: float = INDIFFERENCE,
) -> list[Verdict]:
    """One verdict for each case of a family, corrected for there being many.

    ``ratios[i]`` are the paired ratios of case i. Each case gets the p-value of the sign
    test that its median lies beyond the indifference zone, which is the test that the
    order-statistic interval inverts; the step-up procedure of Benjamini and Hochberg (J. R.
    Statist. Soc. B, 1995) then keeps the expected share of false ones among all
    verdicts other than undecided at 1 - ``confidence``. With one case it is
    :func:`verdict` of its interval.
    """
    found = [_sign_test(np.asarray(each, float), indifference) for each in ratios]
    limit = _largest_significant([p_value for _, p_value in found], 1 - confidence)
    return [kind if p_value <= limit else Verdict.UNDECIDED for kind, p_value in found]


def _sign_test(ratios: np.ndarray, indifference: float) -> tuple[Verdict, float]:
    """The likelier of faster and slower, and its two-sided p-value."""
    not_faster = int((ratios <= 1 + indifference).sum())
    not_slower = int((ratios >= 1 / (1 + indifference)).sum())
    kind = Verdict.FASTER if not_faster <= not_slower else Verdict.SLOWER
    against, count = min(not_faster, not_slower), len(ratios)
    tail = sum(math.comb(count, below) for below in range(against + 1)) / 2.0**count
    return kind, min(1.0, 2 * tail)


def _largest_significant(p_values: Sequence[float], level: float) -> float:
    """The largest p-value that Benjamini and Hochberg's procedure accepts; below 0 if none."""
    accepted = -1.0
    for rank, p_value in enumerate(sorted(p_values), 1):
        if p_value <= level * rank / len(p_values):
            accepted = p_value
    return accepted


def geometric_mean(intervals: Iterable[Interval]) -> Interval:
    """Geometric mean of several intervals, bound by bound (conservative: errors never cancel).

    Raises ValueError without intervals.
    """
    bounds = np.array([(i.low, i.value, i.high) for i in intervals], dtype=float)
    if bounds.size == 0:
        raise ValueError("no intervals")
    return Interval(*(float(bound) for bound in np.exp(np.log(bounds).mean(axis=0))))


def bootstrap(
    samples: Sequence[np.ndarray],
    statistic: Callable[[np.ndarray], np.ndarray],
    confidence: float = CONFIDENCE,
    resamples: int = 4000,
    seed: int = 0,
) -> Interval:
    """Percentile interval of a statistic of several cases' medians (Efron, 1979).

    ``samples[i]`` are the paired samples of case i: one number a round, or a row of
    numbers that belong together. Rounds are drawn with replacement, within each case
    and independently of the others, and the median over rounds is taken.
    ``statistic`` maps medians [resamples, cases] or [resamples, cases, numbers] to
    [resamples]. For what is made of many cases (a mean, a sum, a fit); for the median
    of one case :func:`median_interval` is exact. The same input gives the same interval.
    """
    generator = np.random.default_rng(seed)
    medians = []
    for each in samples:
        rounds = np.asarray(each, float)
        drawn = generator.integers(0, len(rounds), (resamples, len(rounds)))
        medians.append(np.median(rounds[drawn], axis=1))
    observed = np.stack([np.median(np.asarray(each, float), axis=0) for each in samples])
    values = statistic(np.stack(medians, axis=1))
    tail = (1 - confidence) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    value = float(statistic(observed[None])[0])
    return Interval(min(float(low), value), value, max(float(high), value))
