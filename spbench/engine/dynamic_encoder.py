"""An encoder whose activations get their scales as they come: a model without calibration.

    f32 panels --quantize--> bytes, and a scale for each token --> product --> f32 panels

Every product gives f32; what reads bytes next is quantised from it, each token by its own largest
value: one scale for all channels of a product's input; one for each head of Q, K and V.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from spbench.engine.compiled_encoder import NONE, CompiledEncoder
from spbench.engine.layer_weight import LayerWeight
from spbench.engine.op import attention_demand, quantize_demand
from spbench.formats.encoder import Encoder
from spbench.kernels import Epilogue
from spbench.quantization import LayerScales, Scale
from spbench.quantization.float_encoder import POINTS

_UNIT = LayerScales(dict.fromkeys(POINTS, Scale(1.0, 128)))
"""What is the same for all tokens: the zero point (include/quantize.h)."""


class DynamicEncoder(CompiledEncoder):
    """The plan of one encoder, with a scale for each token instead of calibrated ones.

    Parameters are those of :class:`CompiledEncoder`, without scales and what belongs to them.
    """

    def __init__(
        self, encoder: Encoder, capacity: int, num_threads: int, every_layer: bool = False
    ) -> None:
        scales = [_UNIT] * encoder.config.layers
        super().__init__(encoder, scales, capacity, num_threads, every_layer=every_layer)

    def _add_buffers(self) -> None:
        super()._add_buffers()
        config = self.config
        widest = max(3 * config.hidden, config.feed_forward)
        memory = self._group_memory(widest, 4)
        self.qkv_float, self.context_float, self.activated_float = (
            self._group_in(memory, channels, 4)
            for channels in (3 * config.hidden, config.hidden, config.feed_forward)
        )
        self.scale_of = {x: self._group(1, 4) for x in (self.x, self.context, self.activated)} | {
            qkv: self._whole(3 * config.heads, 4) for qkv in self.qkv
        }

    def _quantize(
        self, name: str, channels: int, x: int, y: int, *, is_signed: bool = False
    ) -> None:
        self.plan.add_quantize(f"{name} bytes", x, y, self.scale_of[y], is_signed=is_signed)
        self._added("quantize", quantize_demand(channels), y)

    def _add_norm(self, name: str, part: str, layer: int, scale: Scale | None) -> None:
        super()._add_norm(name, part, layer, None)
        if scale is not None:
            self._quantize(name, self.config.hidden, self.hidden, self.x)

    def _add_qkv_product(self, name: str, made: LayerWeight, bias: np.ndarray, layer: int) -> None:
        epilogue = Epilogue("f32", made.scale, bias, x_zero_point=128)
        self._add_product(name, "qkv", made, epilogue, self.x, self.qkv_float, NONE)
        channels = 3 * self.config.hidden
        self._quantize(name, channels, self.qkv_float, self.qkv[layer % 2], is_signed=True)

    def _add_attention(self, layer: int, scale: LayerScales) -> None:
        name, qkv = f"{layer} attention", self.qkv[layer % 2]
        heads, head_size = self.config.heads, self.config.head_size
        self.plan.add_attention(
            name, qkv, self.context_float, heads, head_size,
            math.log2(math.e) / math.sqrt(head_size), 1.0, 0.0, self.scale_of[qkv],
        )  # fmt: skip
        hidden = self.config.hidden
        self._added("attention", attention_demand(hidden, heads), self.context_float)
        self._quantize(name, hidden, self.context_float, self.context)

    def _add_up(self, layer: int, scale: LayerScales) -> None:
        name = f"{layer} up"
        self._add_linear(
            name, ("up", layer), self.x, scale["middle"], self.activated_float,
            activation=self.config.activation,
        )  # fmt: skip
        self._quantize(name, self.config.feed_forward, self.activated_float, self.activated)

    def _operands(self, layer: LayerWeight, epilogue: Epilogue, x: int) -> dict[str, object]:
        by_token = dataclasses.replace(epilogue, token_scale=np.ones(1, np.float32))
        return super()._operands(layer, by_token, x) | {"token_scale": self.scale_of[x]}
