"""ONNX Runtime, dense int8: u8 activations times s8 weights.

One operator is a whole model, made with ``onnx``: ``MatMulInteger`` for s32,
``MatMulIntegerToFloat`` for f32, into which ONNX Runtime itself joins the former with its
scales, ``QGemm`` for u8. Prepared beforehand: the session, which packs the weights. Layout: none.
Timed: ``run_with_iobinding`` over buffers that exist, in a Python loop; 3 microseconds a
call are not the product's.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from spbench.backends.base import Availability, Backend, Footprint, Timing, described_by
from spbench.backends.calls import loop_in_python
from spbench.backends.handicaps import int8_isa, saturation
from spbench.backends.onnx_session import INSTALL, OnnxSession
from spbench.formats import GemmData, GemmProblem

_MICROSOFT = "com.microsoft"
_IR_VERSION = 10  # of the model's file format and operators: old enough for any runtime above
_OPERATORS = 21
_MOST_WEIGHTS = 2**31 - 2**20
"""A model is one message of protobuf, below 2 GiB."""


class OnnxRuntime(Backend):
    """A session of one node on the CPU."""

    name = "onnxruntime"
    title = "ONNX Runtime int8 dense"
    dtype = "u8s8s32"
    sparse = False
    tolerance = 1e-5  # f32 output: s32 sums rounded to f32, times scale, plus bias

    @classmethod
    def available(cls) -> Availability:
        return described_by(_version, "ONNX Runtime", INSTALL)

    def supports(self, problem: GemmProblem, threads: int) -> str:
        if problem.output == "s8":
            return "output s8: ONNX Runtime multiplies u8 x s8 into s32, f32 and u8"
        if problem.m * problem.k > _MOST_WEIGHTS:
            return "weights of 2 GiB and more do not fit into an ONNX model"
        return super().supports(problem, threads)

    def prepare(self, data: GemmData, threads: int) -> None:
        from spbench.kernels.memory import aligned_zeros

        self.release()
        (m, k), n = data.weight.shape, data.problem.n
        self._stored_weights = m * k
        self._x = aligned_zeros((n, k), np.uint8)
        self._y = aligned_zeros((n, m), _OUTPUTS[data.problem.output])
        self._session = OnnxSession(_model(data), threads, {"x": self._x}, {"y": self._y})
        self._call = self._session.call()

    def layout(self, x: np.ndarray) -> Timing:
        """X is taken as it comes."""
        self._x[...] = x
        return Timing(count=1, wall_ns=0, cpu_ns=0)

    def run(self, count: int) -> Timing:
        return loop_in_python(self._call, count)

    def result(self) -> np.ndarray:
        return np.ascontiguousarray(self._y.T)

    def implementation(self) -> str:
        """What a profiled run went through: ``MatMulInteger (CPUExecutionProvider)``."""
        nodes = self._session.profiled_nodes()
        return " + ".join(f"{each['op_name']} ({each['provider']})" for each in nodes)

    def isa(self) -> str:
        """ONNX Runtime does not tell; its MLAS goes by the CPU's features."""
        return int8_isa()

    def handicaps(self) -> str:
        return saturation()

    def footprint(self) -> Footprint:
        size = self._stored_weights
        return Footprint(size, index_bytes=0, stored_weights=size)

    def release(self) -> None:
        self._call = self._session = self._x = self._y = None


_OUTPUTS = {"s32": np.int32, "f32": np.float32, "u8": np.uint8}


def _model(data: GemmData) -> bytes:
    """The product as an ONNX model from ``x`` u8 [N, K] to ``y`` [N, M]."""
    from onnx import TensorProto, helper, numpy_helper

    node, constants = _node(data)
    m, n, k = data.problem.m, data.problem.n, data.problem.k
    types = {"s32": TensorProto.INT32, "f32": TensorProto.FLOAT, "u8": TensorProto.UINT8}
    graph = helper.make_graph(
        [node],
        "product",
        [helper.make_tensor_value_info("x", TensorProto.UINT8, [n, k])],
        [helper.make_tensor_value_info("y", types[data.problem.output], [n, m])],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    operators = [helper.make_opsetid("", _OPERATORS), helper.make_opsetid(_MICROSOFT, 1)]
    model = helper.make_model(graph, opset_imports=operators, ir_version=_IR_VERSION)
    return model.SerializeToString()


def _node(data: GemmData) -> tuple[Any, dict[str, np.ndarray]]:
    """The operator and its constants."""
    from onnx import helper

    make, one = helper.make_node, np.array(1, np.float32)
    constants = {"w": np.ascontiguousarray(data.weight.to_dense().T)}
    if data.problem.output == "s32":
        return make("MatMulInteger", ["x", "w"], ["y"]), constants
    scale = _scale(data)
    constants |= {"one": one, "scale": scale}
    if data.problem.output == "f32":
        constants["bias"] = np.array(data.bias)
        inputs = ["x", "w", "one", "scale", "", "", "bias"]
        return make("MatMulIntegerToFloat", inputs, ["y"], domain=_MICROSOFT), constants
    # Its bias is s32, in units of the channel's scale.
    constants |= {
        "zero": np.array(0, np.uint8),
        "zeros": np.zeros(data.problem.m, np.int8),
        "bias": np.rint(data.bias.astype(np.float64) / scale).astype(np.int32),
        "y_zero": np.array(data.problem.y_zero_point, np.uint8),
    }
    inputs = ["x", "one", "zero", "w", "scale", "zeros", "bias", "one", "y_zero"]
    return make("QGemm", inputs, ["y"], domain=_MICROSOFT), constants


def _scale(data: GemmData) -> np.ndarray:
    """Of the channels; one without weights, whose sum is 0, gets a scale that suits its bias."""
    empty = ~data.weight.to_dense().any(axis=1)
    return np.where(empty, np.float32(2**-10), data.scale)


def _version() -> str:
    import onnx
    import onnxruntime

    return f"{onnxruntime.__version__} (onnx {onnx.__version__})"
