"""NumPy, dense f32: what everybody has.

Prepared beforehand: W as f32 [M, K]. Layout: X as f32, tokens as rows, which BLAS reads as well
as columns. Timed: ``np.matmul`` into an array that exists, in a Python loop; the interpreter's
share is about a microsecond a call. The BLAS inside NumPy is limited to the case's threads.
"""

from __future__ import annotations

import os
from functools import partial
from typing import Any

import numpy as np

from spbench.backends.base import Availability, Backend, Footprint, Timing
from spbench.backends.calls import loop_in_python
from spbench.formats import GemmData, GemmProblem

# What OpenBLAS calls a CPU, and the instructions that its sgemm uses there.
_ISA = {
    "Haswell": "avx2",
    "Zen": "avx2",
    "SkylakeX": "avx512",
    "Cooperlake": "avx512",
    "SapphireRapids": "avx512",
}

_FORCED_CPU = "OPENBLAS_CORETYPE"
"""Makes OpenBLAS take the kernels of another CPU than the one it finds."""


class NumpyDense(Backend):
    """``np.matmul(W, X, out=Y)`` in f32."""

    name = "numpy"
    title = "NumPy f32 dense"
    dtype = "f32"
    sparse = False
    tolerance = 1e-5  # sums of integers, exact in f32 up to 2^24

    def __init__(self) -> None:
        self._limits: Any = None

    @classmethod
    def available(cls) -> Availability:
        return Availability(ok=True, version=np.__version__)

    def supports(self, problem: GemmProblem, threads: int) -> str:
        if problem.output != "s32":
            return f"output {problem.output}: NumPy multiplies in f32, without an epilogue"
        return ""

    def prepare(self, data: GemmData, threads: int) -> None:
        from threadpoolctl import threadpool_limits

        self.release()
        self._limits = threadpool_limits(limits=threads, user_api="blas")
        self._weights = data.weight.to_dense().astype(np.float32)
        m, k = self._weights.shape
        self._x = np.full((data.problem.n, k), 0, np.float32)
        self._y = np.full((m, data.problem.n), 0, np.float32)
        self._call = partial(np.matmul, self._weights, self._x.T, out=self._y)

    def layout(self, x: np.ndarray) -> Timing:
        return loop_in_python(partial(np.copyto, self._x, x), 1)

    def run(self, count: int) -> Timing:
        return loop_in_python(self._call, count)

    def result(self) -> np.ndarray:
        return self._y.copy()

    def implementation(self) -> str:
        """The BLAS inside NumPy: ``openblas 0.3.30 SkylakeX pthreads``."""
        keys = ("internal_api", "version", "architecture", "threading_layer")
        facts = _blas()
        return " ".join(str(facts[key]) for key in keys if facts.get(key)) or "BLAS unknown"

    def isa(self) -> str:
        return _ISA.get(_blas().get("architecture", ""), "")

    def handicaps(self) -> str:
        forced = os.environ.get(_FORCED_CPU)
        return f"{_FORCED_CPU}={forced} is set" if forced else ""

    def footprint(self) -> Footprint:
        return Footprint(self._weights.nbytes, index_bytes=0, stored_weights=self._weights.size)

    def release(self) -> None:
        self._call = self._weights = self._x = self._y = None
        if self._limits is not None:
            self._limits.restore_original_limits()
        self._limits = None


def _blas() -> dict[str, Any]:
    """What threadpoolctl knows of the BLAS that lies in NumPy's package; of any other if none."""
    from threadpoolctl import threadpool_info

    libraries = [library for library in threadpool_info() if library["user_api"] == "blas"]
    libraries.sort(key=lambda library: "numpy" not in library["filepath"])
    return libraries[0] if libraries else {}
