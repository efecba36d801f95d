"""What a layer costs at a sparsity: its weights, or time measured on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from spbench.errors import InputError
from spbench.formats import BlockShape

Shape = tuple[int, int]


class Costs(Protocol):
    """Costs of layers, which add up to that of the model."""

    def dense(self, shape: Shape, pattern: BlockShape) -> float:
        """Of the layer as it is."""

    def pruned(self, shape: Shape, pattern: BlockShape, sparsity: float) -> float:
        """Of the layer with that share of its blocks gone; no more than :meth:`dense`."""


class WeightCosts:
    """Weights that are left."""

    def dense(self, shape: Shape, pattern: BlockShape) -> float:
        """See :class:`Costs`."""
        return float(shape[0] * shape[1])

    def pruned(self, shape: Shape, pattern: BlockShape, sparsity: float) -> float:
        """See :class:`Costs`."""
        return (1 - sparsity) * self.dense(shape, pattern)


@dataclass(frozen=True)
class TimeCurve:
    """Of one shape and pattern: ``times_ns`` at ascending ``sparsities``, and the dense time."""

    sparsities: tuple[float, ...]
    times_ns: tuple[float, ...]
    dense_ns: float

    def time_ns(self, sparsity: float) -> float:
        """Between measured sparsities on a straight line; beyond them, on the line that fits all.

        Never more than dense: an engine takes the faster.
        """
        low, high = self.sparsities[0], self.sparsities[-1]
        if low <= sparsity <= high:
            time = float(np.interp(sparsity, self.sparsities, self.times_ns))
        else:
            slope, at_zero = np.polyfit(self.sparsities, self.times_ns, 1)
            time = max(float(at_zero + slope * sparsity), 0.0)
        return min(time, self.dense_ns)


@dataclass(frozen=True)
class TimeCosts:
    """Measured times, by shape and pattern; ``source`` says where they come from."""

    source: str
    curves: Mapping[tuple[Shape, BlockShape], TimeCurve]

    def dense(self, shape: Shape, pattern: BlockShape) -> float:
        """See :class:`Costs`. Raises :class:`InputError` for a shape that was not measured."""
        return self._curve(shape, pattern).dense_ns

    def pruned(self, shape: Shape, pattern: BlockShape, sparsity: float) -> float:
        """See :class:`Costs`."""
        return self._curve(shape, pattern).time_ns(sparsity)

    def _curve(self, shape: Shape, pattern: BlockShape) -> TimeCurve:
        if (shape, pattern) not in self.curves:
            raise InputError(
                f"{self.source}: no times of {shape[0]}x{shape[1]} in {pattern} at two sparsities "
                f"and dense; measure them with `spbench run-gemm sweep`"
            )
        return self.curves[shape, pattern]
