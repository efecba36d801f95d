"""An encoder as a plan of kernel calls, with all its memory."""

from __future__ import annotations

import math

import numpy as np

from spbench.engine.layer_weight import LayerWeight
from spbench.engine.op import (
    Demand,
    Op,
    OpKind,
    attention_demand,
    copy_demand,
    norm_demand,
    product_demand,
)
from spbench.engine.timings import Timings
from spbench.formats.encoder import Encoder
from spbench.kernels import Epilogue, byte_table, isa_cap
from spbench.kernels._native import spmm as native
from spbench.kernels.memory import aligned_empty
from spbench.quantization import ActivationScales, LayerScales, Scale
from spbench.quantization.float_encoder import ACTIVATIONS
from spbench.quantization.scale import ActivationBy

GROUP_TOKENS = 64
"""Tokens that pass a layer together: one panel. From BERT-Mini to Base at 90 % (Zen 4) 128 take 1
to 4 % more, 256 up to 15 %: a layer's activations outgrow L2 sooner than reading weights again
costs time."""
NONE = -1
_LEAST_SCORE_SCALE = 2.0**-24


class CompiledEncoder:
    """The plan of one encoder (cython_kernels/runtime/plan.h), and the memory it runs in.

    Parameters
    ----------
    encoder : Encoder
        Pruned or not; weights become s8, one scale for each output channel.
    scales : ActivationScales
        From calibration.
    capacity : int
        Tokens that one run may have, a multiple of 64.
    num_threads : int
    activation_by : "polynomial" or "table", optional
        How the feed-forward layers' GELU is computed, in all layers; default: as the scales say,
        layer by layer. The polynomial is exact to a thousandth of a quantum; a table of bytes
        quantises twice, and makes BERT-Mini 10 %, BERT-Base 5 % faster at 128 tokens and 90 %
        sparsity (Zen 4).
    every_layer : bool
        Whether the plan's outputs are the hidden states after each layer, not the last only.
    """

    def __init__(
        self,
        encoder: Encoder,
        scales: ActivationScales,
        capacity: int,
        num_threads: int,
        activation_by: ActivationBy | None = None,
        every_layer: bool = False,
    ) -> None:
        if activation_by not in (None, "polynomial", "table"):
            raise ValueError(f"activation_by {activation_by!r}: polynomial or table")
        self.activation_by, self.every_layer = activation_by, every_layer
        self.config = config = encoder.config
        self.capacity, self.num_threads = capacity, num_threads
        self.ops: list[Op] = []
        self.buffer_bytes = 0
        self._buffer_bytes: dict[int, int] = {NONE: 0}
        each = native.attention_scratch(config.longest, config.head_size)
        self.plan = native.Plan(
            threads=num_threads,
            group_tokens=GROUP_TOKENS,
            capacity=capacity,
            longest=config.longest,
            head_size=config.head_size,
            isa=isa_cap(),
            scratch=self._zeros(num_threads * (-(-each // 64) * 64)),
        )
        self._encoder, self._scales, self._timings = encoder, scales, Timings()
        self._add_buffers()
        self._add_embedding()
        for layer in range(config.layers):
            self._add_layer(layer)
        self._add_rows("rows")
        self.plan.end_stage()
        self._timings.save()
        del self._encoder, self._scales, self._timings

    @property
    def weight_bytes(self) -> int:
        """Of all products, indices included."""
        return sum(op.weight.nbytes for op in self.ops if op.weight is not None)

    def _added(
        self, kind: OpKind, demand: Demand, y: int, weight: LayerWeight | None = None
    ) -> None:
        """Note what was just added to the plan, and writes the buffer ``y``."""
        plan, memory = self.plan, self._buffer_bytes[y]
        self.ops.append(Op(plan.names[-1], kind, plan.kernels[-1], demand, memory, weight))

    def _zeros(self, size: int) -> np.ndarray:
        """Bytes on cache lines. Padding is multiplied as it stands, so it must not be NaN."""
        memory = aligned_empty(size, np.uint8)
        memory.fill(0)
        self.buffer_bytes += size
        return memory

    def _whole(self, channels: int, element: int) -> int:
        """A buffer of all tokens."""
        memory = self._zeros(channels * element * self.capacity)
        buffer = self.plan.add_buffer(memory, channels, element, 0)
        self._buffer_bytes[buffer] = memory.nbytes
        return buffer

    def _group(self, channels: int, element: int) -> int:
        """A buffer of one group of tokens for each thread."""
        return self._group_in(self._group_memory(channels, element), channels, element)

    def _group_memory(self, channels: int, element: int) -> np.ndarray:
        size = -(-channels * element * (GROUP_TOKENS + 48) // 64) * 64
        return self._zeros(size * self.num_threads)

    def _group_in(self, memory: np.ndarray, channels: int, element: int) -> int:
        """A buffer in memory that holds one at a time."""
        size = len(memory) // self.num_threads
        buffer = self.plan.add_buffer(memory, channels, element, size)
        self._buffer_bytes[buffer] = memory.nbytes
        return buffer

    def _add_buffers(self) -> None:
        hidden = self.config.hidden
        self.hidden = self._whole(hidden, 4)
        self.qkv = [self._whole(3 * hidden, 1) for _ in range(2)]
        self.x = self._group(hidden, 1)
        self.context = self._group(hidden, 1)
        self.activated = self._group(self.config.feed_forward, 1)

    def _add_embedding(self) -> None:
        encoder = self._encoder
        types = encoder.weight("type") if encoder.has("type") else None
        self.plan.add_embedding(
            "embedding", encoder.weight("word"), encoder.weight("position"), types, self.hidden
        )
        self._added(
            "embedding", copy_demand(self.config.hidden, 2 + (types is not None)), self.hidden
        )
        self._add_norm("embedding norm", "embedding_norm", 0, self._scales[0]["input"])
        self._add_qkv(0)

    def _add_norm(self, name: str, part: str, layer: int, scale: Scale | None) -> None:
        """LayerNorm of the hidden state; without ``scale`` nothing follows that reads bytes."""
        gamma, beta = self._encoder.weight(part, layer), self._encoder.bias(part, layer)
        y, q_scale, q_bias = NONE, 1.0, 0.0
        if scale is not None:
            y, q_scale, q_bias = self.x, 1 / scale.step, float(scale.zero_point)
        self.plan.add_norm(name, gamma, beta, self.config.epsilon, self.hidden, y, q_scale, q_bias)
        written = self.hidden if y == NONE else y
        self._added("norm", norm_demand(self.config.hidden, y != NONE), written)

    def _add_layer(self, layer: int) -> None:
        """One stage: from this layer's attention to the next one's Q, K and V."""
        scale, is_last = self._scales[layer], layer + 1 == self.config.layers
        self._add_attention(layer, scale)
        self._add_linear(
            f"{layer} out", ("out", layer), self.context, scale["context"], self.hidden,
            residual=self.hidden,
        )  # fmt: skip
        self._add_norm(f"{layer} attention norm", "attention_norm", layer, scale["middle"])
        self._add_up(layer, scale)
        self._add_linear(
            f"{layer} down", ("down", layer), self.activated, scale["activated"], self.hidden,
            residual=self.hidden,
        )  # fmt: skip
        after = None if is_last else self._scales[layer + 1]["input"]
        self._add_norm(f"{layer} norm", "norm", layer, after)
        if not is_last:
            if self.every_layer:
                self._add_rows(f"{layer} rows")
            self._add_qkv(layer + 1)

    def _add_rows(self, name: str) -> None:
        """The hidden state as the plan's next output."""
        self.plan.add_rows(name, self.hidden)
        self._added("rows", copy_demand(self.config.hidden, 1), NONE)

    def _add_qkv(self, layer: int) -> None:
        """Q, K and V as one product; the end of a stage."""
        encoder = self._encoder
        parts = ("query", "key", "value")
        name = f"{layer} qkv"
        weight = np.concatenate([encoder.weight(part, layer) for part in parts])
        bias = np.concatenate([encoder.bias(part, layer) for part in parts])
        self._add_qkv_product(name, LayerWeight.of(weight, self._timings), bias, layer)
        self.plan.end_stage()

    def _add_qkv_product(self, name: str, made: LayerWeight, bias: np.ndarray, layer: int) -> None:
        """s8, each of the three with a scale of its own."""
        scale = self._scales[layer]
        step = np.repeat(
            [scale[part].step for part in ("query", "key", "value")], self.config.hidden
        )
        epilogue = Epilogue(
            output="s8",
            scale=made.scale * scale["input"].step / step,
            bias=bias / step,
            x_zero_point=scale["input"].zero_point,
        )
        self._add_product(name, "qkv", made, epilogue, self.x, self.qkv[layer % 2], NONE)

    def _add_attention(self, layer: int, scale: LayerScales) -> None:
        heads, head_size = self.config.heads, self.config.head_size
        step = scale["query"].step * scale["key"].step
        self.plan.add_attention(
            f"{layer} attention",
            self.qkv[layer % 2],
            self.context,
            heads,
            head_size,
            max(_LEAST_SCORE_SCALE, step * math.log2(math.e) / math.sqrt(head_size)),
            scale["value"].step / scale["context"].step,
            float(scale["context"].zero_point),
        )
        self._added("attention", attention_demand(self.config.hidden, heads), self.context)

    def _add_up(self, layer: int, scale: LayerScales) -> None:
        """The first feed-forward layer and its activation."""
        name, activation = f"{layer} up", self.config.activation
        part, raised, activated = ("up", layer), scale["raised"], scale["activated"]
        if (self.activation_by or scale.activation_by) == "polynomial" or activation == "relu":
            self._add_linear(
                name, part, self.x, scale["middle"], self.activated,
                output=activated, activation=activation,
            )  # fmt: skip
            return
        table = byte_table(
            ACTIVATIONS[activation],
            raised.step, raised.zero_point, activated.step, activated.zero_point, "u8",
        )  # fmt: skip
        self._add_linear(
            name, part, self.x, scale["middle"], self.activated, output=raised, table=table
        )

    def _add_linear(
        self,
        name: str,
        part: tuple[OpKind, int],
        x: int,
        x_scale: Scale,
        y: int,
        *,
        residual: int = NONE,
        output: Scale | None = None,
        activation: str = "none",
        table: np.ndarray | None = None,
    ) -> None:
        """f32 out, or u8 of ``output``'s scale."""
        weight = self._encoder.weight(*part)
        layer = LayerWeight.of(weight, self._timings)
        stored = output or Scale(1.0)
        epilogue = Epilogue(
            output="f32" if output is None else "u8",
            scale=layer.scale.astype(np.float64) * x_scale.step,
            bias=self._encoder.bias(*part),
            x_zero_point=x_scale.zero_point,
            y_scale=stored.step,
            y_zero_point=stored.zero_point,
            activation=activation,
            table=table,
        )
        self._add_product(name, part[0], layer, epilogue, x, y, residual)

    def _add_product(
        self,
        name: str,
        kind: OpKind,
        layer: LayerWeight,
        epilogue: Epilogue,
        x: int,
        y: int,
        residual: int,
    ) -> None:
        packed = layer.packed
        m, k = packed.shape
        self.plan.add_linear(
            name, x, y, residual, m=m, k=k, block=packed.kernel_block,
            group_begin=packed.group_begin, weights=packed.weights, channels=packed.channels,
            **self._operands(layer, epilogue, x),
        )  # fmt: skip
        demand = product_demand(
            layer, epilogue.activation, residual != NONE, epilogue.table is not None
        )
        self._added(kind, demand, y, layer)

    def _operands(self, layer: LayerWeight, epilogue: Epilogue, x: int) -> dict[str, object]:
        """What a product takes besides its weights, by name."""
        return epilogue.operands(layer.packed, 1)
