"""What the samples of a row say about the circumstances: outliers, and a drift.

Derived when a row is read. Neither changes a time or a verdict: medians and paired ratios bear
both. They say that something happened.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

OUTLIER_DEVIATIONS = 10
"""Standard deviations from the median that make an outlier: what hyperfine warns about. Times are
skewed; at the 3.5 that Iglewicz and Hoaglin give for normal data every other row has some."""

LEAST_SPREAD = 0.001
"""Share of the median below which the spread is taken to be the clock's, not the samples'."""

DRIFT_CONFIDENCE = 0.99
DRIFT_LIMIT = 0.01
"""A drift of less than a percent is nobody's concern."""

FEWEST_SAMPLES = 8
_MOST_SAMPLES = 1000  # of which every pair is looked at


@dataclass(frozen=True)
class Drift:
    """How far the samples went from the first to the last, as a share of their median.

    ``p_value`` is the chance that samples without a trend look like this or worse.
    """

    relative: float
    p_value: float

    @property
    def is_significant(self) -> bool:
        return self.p_value < 1 - DRIFT_CONFIDENCE and abs(self.relative) > DRIFT_LIMIT


def outliers(samples: Sequence[float]) -> list[int]:
    """Indices of the samples that are far from the median (Iglewicz and Hoaglin, 1993).

    Far is a modified Z-score beyond ``OUTLIER_DEVIATIONS``: the distance in standard deviations
    that are estimated from the median absolute deviation, which outliers do not inflate.
    """
    if len(samples) < FEWEST_SAMPLES:
        return []
    values = np.asarray(samples, float)
    median = _median(values)
    distances = np.abs(values - median)
    deviation = 1.4826 * _median(distances)  # normal data: the standard one
    scores = distances / max(deviation, LEAST_SPREAD * median)
    return [int(index) for index in np.flatnonzero(scores > OUTLIER_DEVIATIONS)]


def drift(samples: Sequence[float]) -> Drift:
    """The trend of the samples: its size by Theil and Sen, its significance by Mann and Kendall.

    The slope is the median of all pairs' slopes (Sen, J. Am. Stat. Assoc. 63, 1968); the test
    counts how many pairs rise (Mann, Econometrica 13, 1945; Kendall), with the normal approximation
    and its correction for ties. Below 8 samples there is no drift. Of more than 1000
    samples, evenly spaced ones are looked at.
    """
    if len(samples) < FEWEST_SAMPLES:
        return Drift(0.0, 1.0)
    values = np.asarray(samples, float)[:: -(-len(samples) // _MOST_SAMPLES)]
    first, second, rounds = _pairs(len(values))
    rises = values[second] - values[first]
    relative = _median(rises / rounds) * (len(values) - 1) / _median(values)
    rising = np.count_nonzero(rises > 0) - np.count_nonzero(rises < 0)
    return Drift(relative, _mann_kendall(values, int(rising)))


def _median(values: np.ndarray) -> float:
    """As ``np.median``, which takes ten times as long for as few values as a row has."""
    middle = len(values) // 2
    places = (middle,) if len(values) % 2 else (middle - 1, middle)
    return float(np.partition(values, places)[places[0] : middle + 1].sum()) / len(places)


@lru_cache(maxsize=4)  # the rows of a run have a few numbers of samples
def _pairs(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Indices of the earlier and of the later of every two samples, and how far they are apart."""
    first, second = np.triu_indices(count, k=1)
    return first, second, (second - first).astype(float)


def _mann_kendall(values: np.ndarray, rising: int) -> float:
    """Two-sided p-value of ``rising``, the number of rising pairs less that of falling ones."""
    count = len(values)
    variance = (count * (count - 1) * (2 * count + 5) - _correction_for_ties(values)) / 18
    if rising == 0 or variance == 0:
        return 1.0
    score = (abs(rising) - 1) / math.sqrt(variance)  # a step of the sum is 2: continuity
    return math.erfc(score / math.sqrt(2))


def _correction_for_ties(values: np.ndarray) -> int:
    ordered = np.sort(values)
    if (ordered[1:] != ordered[:-1]).all():
        return 0
    ties = np.unique(ordered, return_counts=True)[1]
    return int((ties * (ties - 1) * (2 * ties + 5)).sum())


def remarks(samples: Sequence[float]) -> list[str]:
    """What a reader of the row should know about its samples; empty if there is nothing."""
    found = []
    far = outliers(samples)
    if far:
        median = float(np.median(samples))
        worst = max((samples[index] for index in far), key=lambda sample: abs(sample - median))
        found.append(
            f"{len(far)} of {len(samples)} samples are outliers, "
            f"the farthest {worst / median:.2g} times the median"
        )
    trend = drift(samples)
    if trend.is_significant:
        found.append(f"times drift by {trend.relative:+.1%} from the first round to the last")
    return found
