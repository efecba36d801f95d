"""Bootstrap over rounds: intervals of what is made of several cases' medians.

    resampled_medians      once for each case
    (a mean, a sum, a fit)    resample by resample, by whoever asks
    percentile_interval    the bounds of the result

For the median of one case :func:`spbench.measure.statistics.median_interval` is exact.
Source: Efron, Bootstrap methods, Ann. Statist. 7, 1979.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np

from spbench.measure.statistics import CONFIDENCE, Interval

RESAMPLES = 2000
"""Ten of them lie beyond each bound of a 99 % interval."""


def resampled_medians(
    samples: np.ndarray, seed: int | Sequence[int], resamples: int = RESAMPLES
) -> np.ndarray:
    """Medians of rounds drawn with replacement: [resamples], or [resamples, numbers].

    ``samples`` holds one number a round, or a row of numbers that belong together.
    Cases must have seeds of their own: the draws are made once for each number of rounds,
    and every case takes them in an order that its seed decides, so that cases are
    independent. The same seed gives the same medians.
    """
    rounds = np.asarray(samples, float)
    columns = rounds.reshape(len(rounds), -1)
    # Draws do not care for the order of rounds: with the first column sorted, its ranks are known.
    first, *others = columns[np.argsort(columns[:, 0])].T
    drawn = _draws(len(rounds), resamples)
    medians = [_middle(first, *_drawn_ranks(len(rounds), resamples))]
    medians += [_medians_of_drawn(column, drawn) for column in others]
    order = np.random.default_rng(seed).permutation(resamples)
    return np.stack(medians, axis=1)[order].reshape(resamples, *rounds.shape[1:])


def percentile_interval(
    value: float, resampled: np.ndarray, confidence: float = CONFIDENCE
) -> Interval:
    """``value`` with the range of the middle ``confidence`` of its resampled values.

    Resampled values may be infinite; the bounds are values that occurred.
    """
    ordered = np.sort(resampled)
    outside = int(len(ordered) * (1 - confidence) / 2)
    low, high = float(ordered[outside]), float(ordered[-1 - outside])
    return Interval(min(low, value), value, max(high, value))


@lru_cache(maxsize=64)
def _draws(rounds: int, resamples: int) -> np.ndarray:
    """How often each round is drawn in each resample, [rounds, resamples]."""
    drawn = np.random.default_rng(rounds).integers(0, rounds, (resamples, rounds))
    places = drawn + rounds * np.arange(resamples)[:, None]
    counts = np.bincount(places.ravel(), minlength=resamples * rounds)
    narrow = np.min_scalar_type(rounds)  # what takes time is to pass over them
    return np.ascontiguousarray(counts.reshape(resamples, rounds).T.astype(narrow))


@lru_cache(maxsize=64)
def _drawn_ranks(rounds: int, resamples: int) -> tuple[np.ndarray, np.ndarray]:
    """Which of rounds that are sorted already are in the middle of each resample."""
    return _middle_ranks(_draws(rounds, resamples), range(rounds))


def _medians_of_drawn(rounds: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """Median of each resample, from how often each round is in it: only the rounds are sorted."""
    order = np.argsort(rounds)
    return _middle(rounds[order], *_middle_ranks(drawn, order))


def _middle_ranks(drawn: np.ndarray, order: Iterable[int]) -> tuple[np.ndarray, np.ndarray]:
    """Places in ``order``, rounds by ascending value, of the lower and the upper middle."""
    count = len(drawn)
    up_to = np.zeros_like(drawn[0])
    lower, upper = np.zeros_like(up_to), np.zeros_like(up_to)
    for index in order:
        up_to += drawn[index]
        lower += up_to <= (count - 1) // 2
        upper += up_to <= count // 2
    return lower, upper


def _middle(ordered: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    return (ordered[lower] + ordered[upper]) / 2
