"""One scale and zero point for a tensor, and those of a model's layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

ActivationBy = Literal["polynomial", "table"]
"""How a layer's GELU is computed: f32 before it is quantised, or from byte to byte."""


@dataclass(frozen=True)
class Scale:
    """``value ~ step * (byte - zero_point)``."""

    step: float
    zero_point: int = 0

    @classmethod
    def asymmetric(cls, low: float, high: float) -> Scale:
        """u8 over low .. high, widened to hold 0, which padding and ReLU need exactly."""
        low, high = min(low, 0.0), max(high, 0.0)
        step = (high - low) / 255 or 1.0
        return cls(step, round(-low / step))

    @classmethod
    def symmetric(cls, low: float, high: float) -> Scale:
        """s8 over -a .. a."""
        return cls(max(-low, high) / 127 or 1.0)

    def rounded(self, values: np.ndarray, *, signed: bool) -> np.ndarray:
        """``values`` as they come back from bytes: s8 if ``signed``, else u8."""
        lowest, highest = (-128, 127) if signed else (0, 255)
        stored = np.rint(values / self.step) + self.zero_point
        return (np.clip(stored, lowest, highest) - self.zero_point) * self.step


@dataclass(frozen=True)
class LayerScales:
    """Of one layer.

    Attributes
    ----------
    scales : mapping
        For each of ``POINTS`` (spbench/quantization/float_encoder.py) its scale.
    activation_by : "polynomial" or "table"
        How GELU is computed; scale ``raised`` is read by a table only.
    """

    scales: Mapping[str, Scale]
    activation_by: ActivationBy = "polynomial"

    def __getitem__(self, point: str) -> Scale:
        return self.scales[point]


ActivationScales = list[LayerScales]
"""Of a model, layer by layer."""
