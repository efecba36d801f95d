"""Scales of activations from sample sentences: one scale and zero point for each tensor."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from spbench.formats.checkpoint import Checkpoint
from spbench.formats.encoder import Encoder
from spbench.quantization.float_encoder import POINTS, FloatEncoder

_SYMMETRIC = {"query", "key", "value"}  # s8, zero point 0; the others are u8


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


ActivationScales = list[dict[str, Scale]]
"""For each layer, the scale of each of ``POINTS``."""


class Ranges:
    """The smallest and the largest value of every point, over all sentences."""

    def __init__(self) -> None:
        self.low: dict[tuple[str, int], float] = {}
        self.high: dict[tuple[str, int], float] = {}

    def observe(self, point: str, layer: int, values: np.ndarray) -> None:
        """Take note of ``values``; what :meth:`FloatEncoder.forward` calls."""
        at = point, layer
        self.low[at] = min(self.low.get(at, np.inf), float(values.min()))
        self.high[at] = max(self.high.get(at, -np.inf), float(values.max()))

    def scale(self, point: str, layer: int) -> Scale:
        """From minimum and maximum."""
        make = Scale.symmetric if point in _SYMMETRIC else Scale.asymmetric
        return make(self.low[point, layer], self.high[point, layer])


def calibrate(checkpoint: Checkpoint, token_batches: Iterable[np.ndarray]) -> ActivationScales:
    """Scales for ``checkpoint`` from the extremes of an f32 forward pass over sentences.

    ``token_batches`` yields token ids [tokens] of one sentence, or [sentences, tokens] without
    padding. An observer with another :meth:`Ranges.scale` (percentile, squared error) takes the
    place of :class:`Ranges`. Raises :class:`InputError` for a model that is no encoder, ValueError
    without sentences.
    """
    model, ranges = FloatEncoder(Encoder.of(checkpoint)), Ranges()
    for batch in token_batches:
        for ids in np.atleast_2d(batch):
            model.forward(ids, ranges.observe)
    if not ranges.low:
        raise ValueError("calibration needs at least one sentence")
    return [
        {point: ranges.scale(point, layer) for point in POINTS}
        for layer in range(model.config.layers)
    ]
