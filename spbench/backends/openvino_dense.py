"""OpenVINO, dense int8: a fully connected layer of a quantised model, on the CPU.

The model says what a quantised model says: u8 activations through a ``FakeQuantize`` with 256
levels, s8 weights times a scale for each channel, ``MatMul``, bias, and for bytes another
``FakeQuantize``. OpenVINO makes one int8 layer of it; ``implementation`` is read from the graph
that it compiled, so that a layer left in f32 would show. Prepared beforehand: the compiled model.
Layout: none. Timed: ``infer`` over tensors that exist, in a Python loop; 10 microseconds a call are
not the product's. There is no s32 output: sums leave as f32, with scales of 1, as many bytes.
"""

from __future__ import annotations

import re
from functools import cache, partial
from typing import Any

import numpy as np

from spbench.backends.base import Availability, Backend, Footprint, Timing, described_by
from spbench.backends.calls import loop_in_python
from spbench.backends.handicaps import STORES_F32, int8_isa, saturation
from spbench.formats import GemmData, GemmProblem

INSTALL = "pip install 'openvino>=2026.4'"

_OUTPUTS = {"s32": np.float32, "f32": np.float32, "u8": np.uint8, "s8": np.int8}
_LEVELS = 256
_BOOKKEEPING = ("Input", "Output", "Const")


class OpenVino(Backend):
    """A compiled model of one layer."""

    name = "openvino"
    title = "OpenVINO int8 dense"
    dtype = "u8s8s32"
    sparse = False
    tolerance = 1e-5  # f32 output: s32 sums rounded to f32, times scale, plus bias

    @classmethod
    def available(cls) -> Availability:
        return described_by(_version, "OpenVINO", INSTALL)

    def supports(self, problem: GemmProblem, threads: int) -> str:
        """Also loads the plugin for CPUs, which takes longer than to prepare a case."""
        core()
        return super().supports(problem, threads)

    def prepare(self, data: GemmData, threads: int) -> None:
        import openvino

        from spbench.kernels.memory import aligned_zeros

        self.release()
        (m, k), n = data.weight.shape, data.problem.n
        self._output, self._stored_weights = data.problem.output, m * k
        self._x = aligned_zeros((n, k), np.uint8)
        self._y = aligned_zeros((n, m), _OUTPUTS[self._output])
        self._compiled = core().compile_model(
            _model(data),
            "CPU",
            {
                "PERFORMANCE_HINT": "LATENCY",
                "NUM_STREAMS": 1,
                "INFERENCE_NUM_THREADS": threads,
                "ENABLE_CPU_PINNING": False,  # the process is pinned already
                "INFERENCE_PRECISION_HINT": "f32",  # nothing in bf16
            },
        )
        request = self._compiled.create_infer_request()
        request.set_input_tensor(openvino.Tensor(self._x, shared_memory=True))
        request.set_output_tensor(openvino.Tensor(self._y, shared_memory=True))
        self._call = partial(request.infer, share_outputs=True)

    def layout(self, x: np.ndarray) -> Timing:
        """X is taken as it comes."""
        self._x[...] = x
        return Timing(count=1, wall_ns=0, cpu_ns=0)

    def run(self, count: int) -> Timing:
        return loop_in_python(self._call, count)

    def result(self) -> np.ndarray:
        return np.ascontiguousarray(self._y.T)

    def implementation(self) -> str:
        """Layers of the compiled graph: ``FullyConnected brgemm_avx512_I8``."""
        return " + ".join(f"{kind} {primitive}" for kind, primitive in layers(self._compiled))

    def isa(self) -> str:
        """From the primitive's name, brgemm_avx512_I8, which leaves out the dot product."""
        primitive = next(
            (each for kind, each in layers(self._compiled) if kind == "FullyConnected"), ""
        )
        found = re.search(r"(?:avx|sse|amx)[0-9]*", primitive)
        level = found[0] if found else ""
        return int8_isa() if level == "avx512" and int8_isa() == "avx512vnni" else level

    def handicaps(self) -> str:
        clauses = [STORES_F32 if self._output == "s32" else "", saturation()]
        if not any(primitive.endswith("_I8") for kind, primitive in layers(self._compiled)):
            clauses.append("not compiled to int8")
        return "; ".join(filter(None, clauses))

    def footprint(self) -> Footprint:
        size = self._stored_weights
        return Footprint(size, index_bytes=0, stored_weights=size)

    def release(self) -> None:
        self._call = self._compiled = self._x = self._y = None


def layers(compiled: Any) -> list[tuple[str, str]]:
    """Kind and primitive of each layer of a compiled model, in the order in which they run."""
    graph = compiled.get_runtime_model().get_ordered_ops()
    facts = [operation.get_rt_info() for operation in graph]
    found = [(_text(each["layerType"]), _text(each["primitiveType"])) for each in facts]
    return [each for each in found if each[0] not in _BOOKKEEPING]


@cache
def core() -> Any:
    """OpenVINO, its plugin for CPUs loaded."""
    import openvino

    core = openvino.Core()
    core.get_versions("CPU")
    return core


def _model(data: GemmData) -> Any:
    """From ``x`` u8 [N, K] to Y^T [N, M], as a quantised model says it."""
    import openvino
    from openvino import opset13 as ops

    problem = data.problem
    plain = problem.epilogue == "none"
    scale = np.ones(problem.m, np.float32) if plain else np.array(data.scale)
    x = ops.parameter([problem.n, problem.k], np.uint8, name="x")
    activations = _quantized(ops.convert(x, "f32"), 0, 0)
    weights = ops.multiply(
        ops.convert(ops.constant(data.weight.to_dense()), "f32"), ops.constant(scale[:, None])
    )
    y = ops.matmul(activations, weights, False, True)
    if not plain:
        y = ops.add(y, ops.constant(np.array(data.bias)[None, :]))
    if problem.output in ("u8", "s8"):
        stored = _quantized(y, -128, problem.y_zero_point - 128)
        y = ops.convert(stored, problem.output.replace("s", "i"))  # s8 is i8 there
    return openvino.Model([y], [x], "product")


def _quantized(values: Any, low: int, stored_low: int) -> Any:
    """Steps of 1 from ``low`` on, stored from ``stored_low`` on."""
    from openvino import opset13 as ops

    ends = (low, low + _LEVELS - 1, stored_low, stored_low + _LEVELS - 1)
    return ops.fake_quantize(values, *map(np.float32, ends), _LEVELS)


def _text(fact: Any) -> str:
    return str(fact.astype(str)) if hasattr(fact, "astype") else str(fact)


def _version() -> str:
    import openvino

    return openvino.__version__.partition("-")[0]
