"""One block of an encoder, a layer of it at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from spbench.formats.encoder import Encoder
from spbench.quantization.float_encoder import ACTIVATIONS, attention, layer_norm

STAGES = (("query", "key", "value"), ("out",), ("up",), ("down",))
"""Layers of a block that share an input, in the order in which they run."""


@dataclass(frozen=True, eq=False)
class Linear:
    """Weight f32 [M, K] and bias f32 [M] of a linear layer."""

    weight: np.ndarray
    bias: np.ndarray

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return x @ self.weight.T + self.bias


Parts = Mapping[str, Linear]


class Block:
    """The layers of block ``number``, read from the checkpoint; ``layers`` of its methods may
    replace them. Hidden states are f32 [tokens, hidden], of texts one after another."""

    def __init__(self, encoder: Encoder, number: int):
        self._config = encoder.config

        def pair(part: str) -> tuple[np.ndarray, np.ndarray]:
            return encoder.weight(part, number), encoder.bias(part, number)

        self.dense: Parts = {part: Linear(*pair(part)) for stage in STAGES for part in stage}
        self._norms = {part: pair(part) for part in ("attention_norm", "norm")}

    def context(self, layers: Parts, x: np.ndarray, lengths: list[int]) -> np.ndarray:
        """What attention makes of texts of these lengths."""
        ends = np.cumsum(lengths)[:-1]
        parts = (np.split(layers[part](x), ends) for part in STAGES[0])
        texts = zip(*parts, strict=True)
        return np.concatenate([attention(*text, self._config.heads) for text in texts])

    def middle(self, layers: Parts, x: np.ndarray, context: np.ndarray) -> np.ndarray:
        """What enters the feed-forward layers."""
        return self._normed("attention_norm", x + layers["out"](context))

    def raised(self, layers: Parts, middle: np.ndarray) -> np.ndarray:
        """What leaves their activation."""
        return ACTIVATIONS[self._config.activation](layers["up"](middle))

    def output(self, layers: Parts, middle: np.ndarray) -> np.ndarray:
        """What leaves the block."""
        return self._normed("norm", middle + layers["down"](self.raised(layers, middle)))

    def forward(self, layers: Parts, x: np.ndarray, lengths: list[int]) -> np.ndarray:
        """The whole block."""
        return self.output(layers, self.middle(layers, x, self.context(layers, x, lengths)))

    def _normed(self, norm: str, x: np.ndarray) -> np.ndarray:
        return layer_norm(x, *self._norms[norm], self._config.epsilon)
