"""ONNX Runtime on the CPU: f32, and static int8 with its own quantised operators.

int8 is written in the operators that ONNX Runtime makes of a quantised model where its fusions
find all they look for (``MatMulIntegerToFloat``, ``MultiHeadAttention``): the same model as
QuantizeLinear and DequantizeLinear around MatMul, with one scale for each output channel, ran
four times slower, in f32. All graph optimisations are on. Loaded beforehand: the session, which
packs the weights. Timed: ``run_with_iobinding`` over arrays that exist.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from spbench.backends.handicaps import saturation
from spbench.backends.onnx_session import INSTALL, OnnxSession
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
        inputs = {"ids": np.ascontiguousarray(ids, np.int64)}
        self._session = OnnxSession(self._onnx, threads, inputs, {"hidden": self._hidden})
        self._call = self._session.call()

    def call(self) -> object:
        return self._call()

    def result(self) -> np.ndarray:
        return self._hidden

    def implementation(self) -> str:
        """Operators that a profiled call went through, those that multiply first."""
        counts = Counter(node["op_name"] for node in self._session.profiled_nodes())
        return f"{_version()}: " + ", ".join(f"{count} {op}" for op, count in counts.most_common())

    def release(self) -> None:
        self._call = self._session = self._onnx = self._hidden = None


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
