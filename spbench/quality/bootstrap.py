"""95 % intervals by bootstrap over texts: a text is drawn with all that was measured on it.

Differences of two models are taken text by text first, so that they are paired.
Source: Efron, Bootstrap methods, Ann. Statist. 7, 1979.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from spbench.measure.resampling import percentile_interval
from spbench.store.quality_row import Estimate

_CONFIDENCE = 0.95
_RESAMPLES = 2000
_AT_ONCE = 100  # resamples, which bounds memory
_SEED = 0


def mean_estimate(values: np.ndarray) -> Estimate:
    """Mean of one number a text."""
    values = np.asarray(values, np.float64)
    return _estimate(
        float(values.mean()), len(values), lambda counts: counts @ values / len(values)
    )


def rank_correlation_estimate(first: np.ndarray, second: np.ndarray) -> Estimate:
    """Spearman's correlation of two numbers a text, ranks taken anew in each resample."""
    one, two = (_Ranks(np.asarray(values, np.float64)) for values in (first, second))

    def correlation(counts: np.ndarray) -> np.ndarray:
        a, b = one.of(counts), two.of(counts)
        total = counts.sum(axis=1, keepdims=True)
        a = a - (counts * a).sum(axis=1, keepdims=True) / total
        b = b - (counts * b).sum(axis=1, keepdims=True) / total
        spread = (counts * a * a).sum(axis=1) * (counts * b * b).sum(axis=1)
        return (counts * a * b).sum(axis=1) / np.sqrt(np.maximum(spread, 1e-300))

    value = float(correlation(np.ones((1, len(first))))[0])
    return _estimate(value, len(first), correlation)


class _Ranks:
    """Mean ranks of values of which each occurs as often as a resample says."""

    def __init__(self, values: np.ndarray) -> None:
        _, self._place, sizes = np.unique(values, return_inverse=True, return_counts=True)
        self._order = np.argsort(self._place, kind="stable")
        self._begin = np.concatenate([[0], np.cumsum(sizes)[:-1]])

    def of(self, counts: np.ndarray) -> np.ndarray:
        """Ranks [resamples, values] from counts [resamples, values]."""
        groups = np.add.reduceat(counts[:, self._order], self._begin, axis=1)
        return (np.cumsum(groups, axis=1) - groups / 2)[:, self._place]


def _estimate(value: float, texts: int, statistic: Callable[[np.ndarray], np.ndarray]) -> Estimate:
    resampled = np.concatenate([statistic(counts) for counts in _counts(texts)])
    found = percentile_interval(value, resampled, _CONFIDENCE)
    return Estimate(value=found.value, low=found.low, high=found.high)


def _counts(texts: int) -> Iterator[np.ndarray]:
    """How often each text is drawn, f64 [some resamples, texts]; the same for equal ``texts``."""
    generator = np.random.default_rng(_SEED)
    for _ in range(_RESAMPLES // _AT_ONCE):
        drawn = generator.integers(0, texts, (_AT_ONCE, texts))
        places = drawn + texts * np.arange(_AT_ONCE)[:, None]
        counts = np.bincount(places.ravel(), minlength=_AT_ONCE * texts)
        yield counts.reshape(_AT_ONCE, texts).astype(np.float64)
