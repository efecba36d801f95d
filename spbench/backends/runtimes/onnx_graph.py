"""An encoder as an ONNX model, written from its checkpoint, so that every runtime has its weights.

The graph is what exporters make of a BERT with inputs of one fixed shape: LayerNorm and GELU in
their elementary ops, which every runtime fuses by itself. Four kinds:

    f32           MatMul, Add
    qdq           QuantizeLinear, DequantizeLinear around every MatMul: static int8 as quantisers
                  write it
    integer       QuantizeLinear, MatMulInteger, Add, Cast, Mul: what DeepSparse takes for int8
    onnxruntime   that runtime's own operators: MatMulIntegerToFloat, MultiHeadAttention (f32)

qdq and integer compute attention's scores, and up to 128 tokens its sums of values, in int8 too:
on BERT-Base at 128 tokens OpenVINO gains 3 % by it, DeepSparse 15 % (Zen 4).

Weights are s8, one scale for each output channel, activations u8 with the scales of calibration:
those of the engine (:func:`spbench.quantization.quantize_weight`).
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from spbench.formats.encoder import Encoder
from spbench.quantization import ActivationScales, Scale, quantize_weight

Kind = Literal["f32", "qdq", "integer", "onnxruntime"]

_OPERATORS = 13
_IR_VERSION = 8  # old enough for every runtime
_MICROSOFT = "com.microsoft"
_SHARES = Scale(1 / 255)  # of attention, 0 to 1
_MOST_SHARES = 128
"""Tokens among which attention is shared out in bytes. A share of less than 1/510 is none: at 384
tokens BERT-Base kept a cosine of 0.82 to itself. So the second product is f32 there."""
_FLOAT = 1  # TensorProto.FLOAT
_LARGEST = 2**31 - 2**20  # a model is one message of protobuf, below 2 GiB


def onnx_model(
    encoder: Encoder,
    scales: ActivationScales,
    shape: tuple[int, int],
    kind: Kind,
) -> bytes:
    """From ``ids`` int64 ``shape`` (sentences, tokens) to ``hidden`` f32 [..., hidden].

    Raises :class:`ValueError` for weights that do not fit into one ONNX file.
    """
    return _Graph(encoder, scales, shape, kind).build()


class _Graph:
    """Nodes and constants, one after another."""

    def __init__(
        self,
        encoder: Encoder,
        scales: ActivationScales,
        shape: tuple[int, int],
        kind: Kind,
    ):
        self._encoder, self._config = encoder, encoder.config
        self._scales, self._shape, self._kind = scales, shape, kind
        self._nodes: list[Any] = []
        self._constants: dict[str, np.ndarray] = {}
        self._count = 0

    def build(self) -> bytes:
        from onnx import TensorProto, helper, numpy_helper

        hidden = self._layers(self._embeddings())
        self._nodes.append(helper.make_node("Identity", [hidden], ["hidden"]))
        size = sum(array.nbytes for array in self._constants.values())
        if size > _LARGEST:
            raise ValueError(f"{size} bytes of weights do not fit into an ONNX model")
        outputs = [*self._shape, self._config.hidden]
        graph = helper.make_graph(
            self._nodes,
            "encoder",
            [helper.make_tensor_value_info("ids", TensorProto.INT64, self._shape)],
            [helper.make_tensor_value_info("hidden", TensorProto.FLOAT, outputs)],
            [numpy_helper.from_array(array, name) for name, array in self._constants.items()],
        )
        operators = [helper.make_opsetid("", _OPERATORS)]
        if self._kind == "onnxruntime":
            operators.append(helper.make_opsetid(_MICROSOFT, 1))
        model = helper.make_model(graph, opset_imports=operators, ir_version=_IR_VERSION)
        return model.SerializeToString()

    def _embeddings(self) -> str:
        encoder, config, tokens = self._encoder, self._config, self._shape[1]
        first = config.first_position
        added = encoder.weight("position")[first : first + tokens]
        if encoder.has("type"):
            added = added + encoder.weight("type")[0]
        word = self._constant("word", encoder.weight("word"))
        x = self._node("Gather", [word, "ids"], axis=0)
        x = self._node("Add", [x, self._constant("position", added)])
        return self._norm(x, "embedding_norm", 0)

    def _layers(self, x: str) -> str:
        for layer in range(self._config.layers):
            x = self._attention(x, layer)
            raised = self._linear(self._observed(x, layer, "middle"), "up", layer, "middle")
            activated = self._observed(self._activation(raised), layer, "activated")
            lowered = self._linear(activated, "down", layer, "activated")
            x = self._norm(self._node("Add", [lowered, x]), "norm", layer)
        return x

    def _attention(self, x: str, layer: int) -> str:
        taken = self._observed(x, layer, "input")
        q, k, v = (self._linear(taken, part, layer, "input") for part in ("query", "key", "value"))
        fused = self._kind == "onnxruntime"
        context = self._fused(q, k, v) if fused else self._plain(q, k, v, layer)
        out = self._linear(self._observed(context, layer, "context"), "out", layer, "context")
        return self._norm(self._node("Add", [out, x]), "attention_norm", layer)

    def _fused(self, q: str, k: str, v: str) -> str:
        heads = self._config.heads
        return self._node("MultiHeadAttention", [q, k, v], domain=_MICROSOFT, num_heads=heads)

    def _plain(self, q: str, k: str, v: str, layer: int) -> str:
        """Softmax between two products, which are of the graph's kind."""
        parts = ("query", "key", "value")
        q_scale, k_scale, v_scale = (self._scale(layer, part) for part in parts)
        config = self._config
        heads = (*self._shape, config.heads, config.head_size)
        q = self._split(self._quantized(q, q_scale), heads, (0, 2, 1, 3))
        k = self._split(self._quantized(k, k_scale), heads, (0, 2, 3, 1))
        in_bytes = self._shape[1] <= _MOST_SHARES
        v = self._quantized(v, v_scale) if in_bytes else v
        v = self._split(v, heads, (0, 2, 1, 3))
        root = self._constant("root", np.array(np.sqrt(config.head_size), np.float32))
        scores = self._node("Div", [self._product(q, k, q_scale, k_scale), root])
        weights = self._node("Softmax", [scores], axis=-1)
        if in_bytes:
            context = self._product(self._quantized(weights, _SHARES), v, _SHARES, v_scale)
        else:
            context = self._node("MatMul", [weights, v])
        context = self._node("Transpose", [context], perm=(0, 2, 1, 3))
        return self._node("Reshape", [context, self._sizes((*self._shape, config.hidden))])

    def _product(self, a: str, b: str, a_scale: Scale, b_scale: Scale) -> str:
        """Of activations that are quantised as this kind wants them."""
        if self._kind != "integer":
            return self._node("MatMul", [a, b])
        sums = self._node("MatMulInteger", [a, b, self._zero(a_scale), self._zero(b_scale)])
        step = a_scale.step * b_scale.step
        scale = self._constant(f"step {step!r}", np.array(step, np.float32))
        return self._node("Mul", [self._node("Cast", [sums], to=_FLOAT), scale])

    def _split(self, x: str, heads: tuple[int, ...], order: tuple[int, ...]) -> str:
        x = self._node("Reshape", [x, self._sizes(heads)])
        return self._node("Transpose", [x], perm=order)

    def _activation(self, x: str) -> str:
        if self._config.activation == "relu":
            return self._node("Relu", [x])
        root, one, half = (
            self._constant(name, np.array(value, np.float32))
            for name, value in (("root2", np.sqrt(2)), ("one", 1), ("half", 0.5))
        )
        erf = self._node("Erf", [self._node("Div", [x, root])])
        product = self._node("Mul", [x, self._node("Add", [erf, one])])
        return self._node("Mul", [product, half])

    def _norm(self, x: str, part: str, layer: int) -> str:
        """LayerNorm as PyTorch exports it."""
        weight = self._constant(f"{part}.{layer}.weight", self._encoder.weight(part, layer))
        bias = self._constant(f"{part}.{layer}.bias", self._encoder.bias(part, layer))
        two = self._constant("two", np.array(2, np.float32))
        epsilon = self._constant("epsilon", np.array(self._config.epsilon, np.float32))
        centred = self._node("Sub", [x, self._node("ReduceMean", [x], axes=[-1])])
        squares = self._node("Pow", [centred, two])
        variance = self._node("ReduceMean", [squares], axes=[-1])
        deviation = self._node("Sqrt", [self._node("Add", [variance, epsilon])])
        scaled = self._node("Mul", [self._node("Div", [centred, deviation]), weight])
        return self._node("Add", [scaled, bias])

    def _linear(self, x: str, part: str, layer: int, point: str) -> str:
        """A linear layer; ``x`` is quantised as it was observed at ``point``."""
        make = {
            "f32": self._float,
            "qdq": self._dequantized,
            "integer": self._integer,
            "onnxruntime": self._to_float,
        }[self._kind]
        weight, bias = self._encoder.weight(part, layer), self._encoder.bias(part, layer)
        return make(x, f"{part}.{layer}", weight, bias, self._scale(layer, point))

    def _float(self, x: str, name: str, weight: np.ndarray, bias: np.ndarray, _: Scale) -> str:
        return self._biased(self._node("MatMul", [x, self._transposed(name, weight)]), name, bias)

    def _dequantized(
        self, x: str, name: str, weight: np.ndarray, bias: np.ndarray, _: Scale
    ) -> str:
        steps, scale = quantize_weight(weight)
        inputs = [
            self._constant(f"{name}.weight", steps),
            self._constant(f"{name}.scale", scale),
            self._constant(f"{name}.zeros", np.zeros(len(scale), np.int8)),
        ]
        weights = self._node("DequantizeLinear", inputs, axis=0)
        weights = self._node("Transpose", [weights], perm=(1, 0))
        return self._biased(self._node("MatMul", [x, weights]), name, bias)

    def _integer(
        self, x: str, name: str, weight: np.ndarray, bias: np.ndarray, observed: Scale
    ) -> str:
        """Bias is s32, in units of the channel's scale."""
        steps, scale = quantize_weight(weight)
        scale = scale * np.float32(observed.step)
        none = self._constant("zero_s8", np.array(0, np.int8))
        inputs = [x, self._transposed(name, steps), self._zero(observed), none]
        units = np.rint(bias.astype(np.float64) / scale).astype(np.int32)
        sums = self._biased(self._node("MatMulInteger", inputs), name, units)
        values = self._node("Cast", [sums], to=_FLOAT)
        return self._node("Mul", [values, self._constant(f"{name}.scale", scale)])

    def _to_float(
        self, x: str, name: str, weight: np.ndarray, bias: np.ndarray, observed: Scale
    ) -> str:
        steps, scale = quantize_weight(weight)
        inputs = [
            x,
            self._transposed(name, steps),
            self._step(observed),
            self._constant(f"{name}.scale", scale),
            self._zero(observed),
            self._constant(f"{name}.zeros", np.zeros(len(scale), np.int8)),
            self._constant(f"{name}.bias", bias),
        ]
        return self._node("MatMulIntegerToFloat", inputs, domain=_MICROSOFT)

    def _transposed(self, name: str, weight: np.ndarray) -> str:
        """As ONNX multiplies, [K, M]."""
        return self._constant(f"{name}.weight", np.ascontiguousarray(weight.T))

    def _biased(self, x: str, name: str, bias: np.ndarray) -> str:
        return self._node("Add", [x, self._constant(f"{name}.bias", bias)])

    def _observed(self, x: str, layer: int, point: str) -> str:
        return self._quantized(x, self._scale(layer, point))

    def _quantized(self, x: str, scale: Scale) -> str:
        """``x`` as products of this kind take it."""
        if self._kind == "f32":
            return x
        return self._around(x, scale) if self._kind == "qdq" else self._bytes(x, scale)

    def _around(self, x: str, scale: Scale) -> str:
        """Through bytes and back."""
        step, zero = self._step(scale), self._zero(scale)
        return self._node("DequantizeLinear", [self._bytes(x, scale), step, zero])

    def _bytes(self, x: str, scale: Scale) -> str:
        return self._node("QuantizeLinear", [x, self._step(scale), self._zero(scale)])

    def _scale(self, layer: int, point: str) -> Scale:
        """As u8 everywhere: what the engine holds in s8 around 0 is the same around 128."""
        scale = self._scales[layer][point]
        return Scale(scale.step, 128) if point in ("query", "key", "value") else scale

    def _step(self, scale: Scale) -> str:
        return self._constant(f"step {scale.step!r}", np.array(scale.step, np.float32))

    def _zero(self, scale: Scale) -> str:
        return self._constant(f"zero {scale.zero_point}", np.array(scale.zero_point, np.uint8))

    def _sizes(self, sizes: tuple[int, ...]) -> str:
        return self._constant(f"shape {sizes}", np.array(sizes, np.int64))

    def _constant(self, name: str, value: np.ndarray) -> str:
        self._constants[name] = value
        return name

    def _node(self, operator: str, inputs: list[str], **attributes: Any) -> str:
        from onnx import helper

        self._count += 1
        output = f"v{self._count}"
        name = f"{operator}_{self._count}"
        self._nodes.append(helper.make_node(operator, inputs, [output], name, **attributes))
        return output
