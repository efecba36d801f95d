"""What values a tensor takes, in bounded memory however many pass."""

from __future__ import annotations

import math

import numpy as np

_BINS = 1 << 14
"""So many that a step of u8 over all that was seen is at least 16 bins wide."""
_LEAST_EXPONENT = -100  # of the reach; smaller values count as 0


class Histogram:
    """Counts in even bins over -reach .. reach, and the exact extremes.

    ``reach`` is a power of two, doubled when a value lies beyond: then neighbouring bins become
    one, and no count moves to a place where it does not belong.

    Attributes
    ----------
    low, high : float
        The smallest and the largest value; inf and -inf before any.
    """

    def __init__(self) -> None:
        self.low, self.high = math.inf, -math.inf
        self._reach = 0.0
        self._counts = np.zeros(_BINS, np.int64)

    def add(self, values: np.ndarray) -> None:
        """Count f32 ``values`` of any shape, finite."""
        low, high = float(values.min()), float(values.max())
        self.low, self.high = min(self.low, low), max(self.high, high)
        self._hold(max(-low, high))
        if self._reach:
            bins = values.ravel() * np.float32(_BINS / 2 / self._reach)
            bins += np.float32(_BINS / 2)
            # The product may round up to the end of the last bin.
            self._counts += np.bincount(
                np.minimum(bins.astype(np.intp), _BINS - 1), minlength=_BINS
            )
        else:
            self._counts[_BINS // 2] += values.size

    def _hold(self, largest: float) -> None:
        if largest > 0 and not self._reach:
            self._reach = 2.0 ** max(math.ceil(math.log2(largest)), _LEAST_EXPONENT)
        while largest > self._reach:
            self._reach *= 2
            merged = self._counts.reshape(-1, 2).sum(axis=1)
            self._counts = np.pad(merged, _BINS // 4)

    def bins(self) -> tuple[np.ndarray, np.ndarray]:
        """Centres, float64, of the bins that hold something, and how much they hold."""
        used = np.flatnonzero(self._counts)
        width = 2 * self._reach / _BINS
        centres = np.clip((used + 0.5) * width - self._reach, self.low, self.high)
        return centres, self._counts[used]

    def inner_range(self, percentile: float) -> tuple[float, float]:
        """``percentile`` percent of the values lie below its end, as many above its beginning."""
        centres, counts = self.bins()
        share = np.cumsum(counts) / counts.sum()
        beyond = 1 - percentile / 100
        low = centres[np.searchsorted(share, beyond)]
        high = centres[min(np.searchsorted(share, 1 - beyond), len(centres) - 1)]
        return float(low), float(high)
