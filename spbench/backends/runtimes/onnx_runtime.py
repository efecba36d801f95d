"""ONNX Runtime on the CPU: f32, and static int8 with its own quantised operators.

int8 is written in the operators that ONNX Runtime makes of a quantised model where its fusions
find all they look for (``MatMulIntegerToFloat``, ``MultiHeadAttention``): the same model as
QuantizeLinear and DequantizeLinear around MatMul, with one scale for each output channel, ran
four times slower, in f32. All graph optimisations are on. Loaded beforehand: the session, which
packs the weights. Timed: ``run_with_iobinding`` over arrays that exist.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from functools import partial
from typing import Any

import numpy as np

from spbench.backends.handicaps import saturation
from spbench.backends.onnx_runtime import INSTALL, SPIN_US
from spbench.backends.runtimes.base import Availability, Runtime, RuntimeModel, described_by
from spbench.backends.runtimes.onnx_graph import Kind, onnx_model


class OnnxRuntimeF32(Runtime):
    """A session of the graph as exporters write it."""

    name = "onnxruntime-f32"
    title = "ONNX Runtime f32"
    dtype = "f32"
    kind: Kind = "f32"

    @classmethod
    def available(cls) -> Availability:
        return described_by(_version, "ONNX Runtime", INSTALL)

    def convert(self, model: RuntimeModel) -> None:
        from spbench.kernels.memory import aligned_zeros

        self._onnx = onnx_model(model.encoder, model.scales, model.shape, self.kind)
        self._hidden = aligned_zeros((*model.shape, model.encoder.config.hidden), np.float32)

    def load(self, ids: np.ndarray, threads: int) -> None:
        self._ids, self._threads = np.ascontiguousarray(ids, np.int64), threads
        self._call = self._bind(self._start())

    def _start(self, profile: str = "") -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3  # errors
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        options.add_session_config_entry("session.intra_op.spin_duration_us", str(SPIN_US))
        if profile:
            options.enable_profiling = True
            options.profile_file_prefix = profile
        return onnxruntime.InferenceSession(self._onnx, options, providers=["CPUExecutionProvider"])

    def _bind(self, session: Any) -> partial:
        binding = session.io_binding()
        for bind, name, array in (
            (binding.bind_input, "ids", self._ids),
            (binding.bind_output, "hidden", self._hidden),
        ):
            bind(name, "cpu", 0, array.dtype.type, array.shape, array.ctypes.data)
        return partial(session.run_with_iobinding, binding)

    def call(self) -> object:
        return self._call()

    def result(self) -> np.ndarray:
        return self._hidden

    def implementation(self) -> str:
        """Operators that a profiled call went through, those that multiply first."""
        with tempfile.TemporaryDirectory(prefix="spbench-") as folder:
            session = self._start(profile=os.path.join(folder, "profile"))
            self._bind(session)()
            with open(session.end_profiling()) as file:
                events = [event for event in json.load(file) if event.get("cat") == "Node"]
        counts = Counter(event["args"]["op_name"] for event in events if "op_name" in event["args"])
        return f"{_version()}: " + ", ".join(f"{count} {op}" for op, count in counts.most_common())

    def release(self) -> None:
        self._call = self._onnx = self._ids = self._hidden = None


class OnnxRuntimeInt8(OnnxRuntimeF32):
    """Linear layers u8 x s8; attention, LayerNorm and GELU stay f32."""

    name = "onnxruntime-int8"
    title = "ONNX Runtime int8"
    dtype = "int8"
    kind: Kind = "onnxruntime"

    def handicaps(self) -> str:
        return saturation()


def _version() -> str:
    import onnx
    import onnxruntime

    return f"onnxruntime {onnxruntime.__version__}, onnx {onnx.__version__}"
