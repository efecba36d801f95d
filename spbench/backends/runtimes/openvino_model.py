"""OpenVINO, static int8: linear layers and attention's products quantised, the rest as it likes.

Given: ONNX with QuantizeLinear and DequantizeLinear around every product, weights with a scale for
each output channel; its low-precision passes make int8 of it. Precision of the rest is left to
OpenVINO (bf16 where the CPU has it): 1.6 % faster than f32 on BERT-Base at 128 tokens (Zen 4).
``implementation`` is read from the graph that was compiled, so that products left in f32 show.
"""

from __future__ import annotations

import io
from collections import Counter
from functools import partial

import numpy as np

from spbench.backends.handicaps import saturation
from spbench.backends.openvino_dense import INSTALL, core, layers
from spbench.backends.runtimes.base import Availability, Runtime, RuntimeModel, described_by
from spbench.backends.runtimes.onnx_graph import onnx_model

_PRODUCT = "FullyConnected"


class OpenVinoInt8(Runtime):
    """A compiled model, one stream."""

    name = "openvino-int8"
    title = "OpenVINO int8"
    dtype = "int8"

    @classmethod
    def available(cls) -> Availability:
        return described_by(_version, "OpenVINO", INSTALL)

    def convert(self, model: RuntimeModel) -> None:
        from spbench.kernels.memory import aligned_zeros

        self._onnx = onnx_model(model.encoder, model.scales, model.shape, "qdq")
        self._hidden = aligned_zeros((*model.shape, model.encoder.config.hidden), np.float32)
        core()  # loads the plugin for CPUs

    def load(self, ids: np.ndarray, threads: int) -> None:
        import openvino

        self._ids = np.ascontiguousarray(ids, np.int64)
        self._compiled = core().compile_model(
            core().read_model(io.BytesIO(self._onnx)),
            "CPU",
            {
                "PERFORMANCE_HINT": "LATENCY",
                "NUM_STREAMS": 1,
                "INFERENCE_NUM_THREADS": threads,
                "ENABLE_CPU_PINNING": False,  # the process is pinned already
            },
        )
        request = self._compiled.create_infer_request()
        request.set_input_tensor(openvino.Tensor(self._ids, shared_memory=True))
        request.set_output_tensor(openvino.Tensor(self._hidden, shared_memory=True))
        self._call = partial(request.infer, share_outputs=True)

    def call(self) -> object:
        return self._call()

    def result(self) -> np.ndarray:
        return self._hidden

    def implementation(self) -> str:
        """``2026.4.1: 72 FullyConnected brgemm_avx512_I8, ...``; what only moves data left out."""
        counts = Counter(f"{kind} {primitive}" for kind, primitive in layers(self._compiled))
        told = [f"{count} {what}" for what, count in counts.most_common() if "unknown" not in what]
        return f"{_version()}: {', '.join(told)}"

    def handicaps(self) -> str:
        products = [primitive for kind, primitive in layers(self._compiled) if kind == _PRODUCT]
        left = sum(not primitive.endswith("_I8") for primitive in products)
        not_int8 = f"{left} of {len(products)} linear layers not compiled to int8" if left else ""
        return "; ".join(filter(None, (not_int8, saturation())))

    def release(self) -> None:
        self._call = self._compiled = self._onnx = self._ids = self._hidden = None


def _version() -> str:
    import onnx  # noqa: F401 - writes the model
    import openvino

    return openvino.__version__.partition("-")[0]
