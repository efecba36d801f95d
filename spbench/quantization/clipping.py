"""Which range of a tensor's values the bytes stand for: three ways to choose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from spbench.errors import InputError
from spbench.quantization.histogram import Histogram
from spbench.quantization.scale import Scale

MethodName = Literal["min-max", "percentile", "mse"]
METHODS: tuple[MethodName, ...] = ("min-max", "percentile", "mse")
DEFAULT_PERCENTILE = 99.99

_SHRUNK = np.linspace(0.2, 1.0, 41)
_ROUNDS = 2


@dataclass(frozen=True)
class Clipping:
    """A way to choose a range.

    Attributes
    ----------
    method : "min-max", "percentile" or "mse"
        All that was seen; all but the outermost values; or the range that gives the least mean
        squared error, which trades clipped values for a finer step (as TensorRT and PyTorch's
        HistogramObserver do).
    percentile : float
        Of "percentile": percent of values that lie below the range's end, and above its beginning.
    """

    method: MethodName
    percentile: float = DEFAULT_PERCENTILE

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise InputError(f"method {self.method!r}: one of {', '.join(METHODS)}")
        if not 50 < self.percentile <= 100:
            raise InputError(f"percentile {self.percentile:g}: above 50, at most 100")

    def __str__(self) -> str:
        is_percentile = self.method == "percentile"
        return f"percentile {self.percentile:g}" if is_percentile else self.method

    def scale(self, seen: Histogram, *, signed: bool) -> Scale:
        """For s8, symmetric, if ``signed``; else for u8."""
        make = Scale.symmetric if signed else Scale.asymmetric
        if self.method == "min-max":
            return make(seen.low, seen.high)
        if self.method == "percentile":
            return make(*seen.inner_range(self.percentile))
        return least_error(seen, lambda x, scale: scale.rounded(x, signed=signed) - x, make)


def least_error(
    seen: Histogram,
    error: Callable[[np.ndarray, Scale], np.ndarray],
    make: Callable[[float, float], Scale],
) -> Scale:
    """Of the ranges inside what was ``seen``, the scale with the least sum of squared errors.

    ``error`` gives that of values under a scale. Both ends are searched in turn: a fiftieth of the
    range at a time.
    """
    values, counts = seen.bins()

    def cost(low: float, high: float) -> float:
        return float(counts @ np.square(error(values, make(low, high))))

    low, high = seen.low, seen.high
    for _ in range(_ROUNDS):
        high = min(seen.high * _SHRUNK[::-1], key=lambda end: cost(low, end))
        low = min(seen.low * _SHRUNK[::-1], key=lambda end: cost(end, high))
    return make(float(low), float(high))
