"""The machine's read bandwidth by the size of what is read again and again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class BandwidthCurve:
    """One core's, from ``limits.bandwidth_curve``: bytes, ascending, and GB/s.

    The rates never rise with the size: what is read at some rate from a large set is read at that
    from a smaller one too, so a smaller size that was measured lower was disturbed.
    """

    sizes: Sequence[float]
    gb_s: Sequence[float]

    @classmethod
    def of(cls, points: Sequence[Sequence[float]]) -> BandwidthCurve | None:
        """Of pairs of bytes and GB/s; None without any, for a run that did not measure it."""
        if not points:
            return None
        sizes, rates = zip(*sorted(points), strict=True)
        return cls(sizes, tuple(np.maximum.accumulate(rates[::-1])[::-1].tolist()))

    def at(self, size: float) -> float:
        """GB/s for a set of ``size`` bytes: between the measured sizes, linear in their logarithm.

        Beyond the ends it is that of the nearest one.
        """
        return float(np.interp(np.log(size), np.log(self.sizes), self.gb_s))
