"""oneDNN, dense f32 and bf16: the library's own speed without int8.

As ``onednn``: an inner product, its weights reordered beforehand into the layout that the
library chooses. Layout: u8 tokens made f32 or bf16 by a reorder of oneDNN's. Timed:
dnnl_primitive_execute. The operands, whole numbers up to 255, are exact in both types; sums are
f32, and so is Y.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from spbench.backends import dnnl_session as dnnl
from spbench.backends.onednn import OneDnn
from spbench.formats import GemmData, GemmProblem


class OneDnnF32(OneDnn):
    """Dense f32. With output f32 the channels' scales are in the weights, the bias is added."""

    name = "onednn-f32"
    title = "oneDNN f32 dense"
    dtype = "f32"
    tolerance = 1e-5  # sums of integers, exact in f32 up to 2^24
    operands = ("f32", "f32")

    def supports(self, problem: GemmProblem, threads: int) -> str:
        if problem.output not in ("s32", "f32"):
            return f"output {problem.output}: {self.name} stores f32, without a byte epilogue"
        if not problem.is_usual:
            return f"epilogue {problem.epilogue}: {self.name} scales and adds a bias only"
        return ""

    def stored_as(self, problem: GemmProblem) -> str:
        return "f32"

    def weights_of(self, data: GemmData) -> np.ndarray:
        weights = data.weight.to_dense().astype(np.float32)
        return weights if data.scale is None else weights * data.scale[:, None]

    def _make_epilogue(self, data: GemmData) -> dict[int, dnnl.Memory]:
        return {} if data.bias is None else {dnnl.ARG_BIAS: self._session.vector(data.bias)}


class OneDnnBf16(OneDnnF32):
    """Dense bf16: W and X in bf16, sums and Y in f32."""

    name = "onednn-bf16"
    title = "oneDNN bf16 dense"
    dtype = "bf16"
    tolerance = 1e-5  # bf16 holds the operands exactly; sums are f32, exact up to 2^24
    operands = ("bf16", "bf16")

    def supports(self, problem: GemmProblem, threads: int) -> str:
        if problem.output != "s32":
            return f"output {problem.output}: {self.name} runs without an epilogue"
        return ""

    def handicaps(self) -> str:
        cpuinfo = Path("/proc/cpuinfo")
        if cpuinfo.exists() and "avx512_bf16" not in cpuinfo.read_text():
            return "bf16 without its instructions on this CPU"
        return ""
