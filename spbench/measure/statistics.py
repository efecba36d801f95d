"""Medians, their intervals, paired ratios and three-valued verdicts.

Intervals are order statistics: the bounds of a median at a given confidence
follow from the binomial distribution alone (Conover, Practical Nonparametric
Statistics, section 3.2), so no distribution of timings is assumed and no random
numbers are drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import islice

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


@lru_cache(maxsize=256)
def _samples_outside(count: int, confidence: float) -> int:
    """How many samples may lie beyond each bound of the median's interval."""
    outside = 0
    for below, tail in zip(range((count - 1) // 2), _coin_tails(count), strict=False):
        if 2 * tail > 1 - confidence:
            break
        outside = below
    return outside


def _coin_tails(count: int) -> Iterator[float]:
    """P(heads <= 0), P(heads <= 1) ... of ``count`` fair coins.

    Whole numbers until the division: 2.0**1024 is more than a float holds.
    """
    ways, total = 1, 0
    for heads in range(count + 1):
        total += ways
        yield total / 2**count
        ways = ways * (count - heads) // (heads + 1)


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
    limit = largest_significant([p_value for _, p_value in found], 1 - confidence)
    return [kind if p_value <= limit else Verdict.UNDECIDED for kind, p_value in found]


def _sign_test(ratios: np.ndarray, indifference: float) -> tuple[Verdict, float]:
    """The likelier of faster and slower, and its two-sided p-value."""
    not_faster = int((ratios <= 1 + indifference).sum())
    not_slower = int((ratios >= 1 / (1 + indifference)).sum())
    kind = Verdict.FASTER if not_faster <= not_slower else Verdict.SLOWER
    against, count = min(not_faster, not_slower), len(ratios)
    tail = next(islice(_coin_tails(count), against, None))
    return kind, min(1.0, 2 * tail)


def largest_significant(p_values: Sequence[float], level: float) -> float:
    """The largest p-value that Benjamini and Hochberg's procedure accepts; below 0 if none."""
    accepted = -1.0
    for rank, p_value in enumerate(sorted(p_values), 1):
        if p_value <= level * rank / len(p_values):
            accepted = p_value
    return accepted
