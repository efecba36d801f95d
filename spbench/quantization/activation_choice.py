"""GELU from byte to byte, or in f32: what a layer loses by the table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spbench.quantization.clipping import least_error
from spbench.quantization.float_encoder import ACTIVATIONS
from spbench.quantization.histogram import Histogram
from spbench.quantization.scale import ActivationBy, Scale

MOST_NOISE = 1e-3
"""Of the activation's mean square: a table that adds more quantisation noise is not taken. Tables in
all six layers of MiniLM add 4e-3 together and cost 4e-4 of the embeddings' cosine: 1e-4 a layer."""


@dataclass(frozen=True)
class ActivationChoice:
    """What one layer's activation should be computed by.

    Attributes
    ----------
    raised : Scale
        Of the table's input: the one with the least error behind the activation. Below about -3,
        where GELU is 0, it need not reach.
    added_noise : float
        Mean squared error that the table adds to that of quantising once, as a share of the
        activation's mean square.
    """

    raised: Scale
    added_noise: float

    @property
    def by(self) -> ActivationBy:
        return "table" if self.added_noise <= MOST_NOISE else "polynomial"

    @classmethod
    def of(cls, name: str, seen: Histogram, activated: Scale) -> ActivationChoice:
        """From what entered the activation ``name``, and the scale of what leaves it."""
        function = ACTIVATIONS[name]
        values, counts = seen.bins()

        def error(x: np.ndarray, scale: Scale | None) -> np.ndarray:
            entered = x if scale is None else scale.rounded(x, signed=False)
            return activated.rounded(function(entered), signed=False) - function(x)

        def noise(scale: Scale | None) -> float:
            return float(counts @ np.square(error(values, scale)))

        raised = least_error(seen, error, Scale.asymmetric)
        power = float(counts @ np.square(function(values))) or 1.0
        return cls(raised, max(0.0, noise(raised) - noise(None)) / power)
