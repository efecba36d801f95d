"""SciPy, CSR f32: the sparse product that a Python user writes first.

Prepared beforehand: a ``csr_array`` of the nonzero weights. Layout: X as f32 [K, N], so
transposed, a vector for one token. Timed: ``W @ X`` in a Python loop, as a user runs it, so
the result's allocation and about 10 microseconds of Python are in the time. One thread: SciPy
has no more.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from spbench.backends.base import Availability, Backend, Footprint, Timing, described_by
from spbench.backends.calls import loop_in_python
from spbench.backends.csr import csr_arrays
from spbench.formats import GemmData, GemmProblem

INSTALL = "pip install 'scipy>=1.11'"


class ScipyCsr(Backend):
    """``csr_array @ X`` in f32."""

    name = "scipy-csr"
    title = "SciPy f32 CSR"
    dtype = "f32"
    sparse = True
    tolerance = 1e-5  # sums of integers, exact in f32 up to 2^24

    @classmethod
    def available(cls) -> Availability:
        return described_by(_version, "SciPy", INSTALL)

    def supports(self, problem: GemmProblem, threads: int) -> str:
        if threads > 1:
            return "SciPy's sparse product has one thread"
        if problem.output != "s32":
            return f"output {problem.output}: SciPy multiplies in f32, without an epilogue"
        return ""

    def prepare(self, data: GemmData, threads: int) -> None:
        from scipy.sparse import csr_array

        indptr, indices, values = csr_arrays(data.weight)
        self._weights: Any = csr_array((values, indices, indptr), shape=data.weight.shape)
        k, n = data.weight.shape[1], data.problem.n
        self._x = np.full(k if n == 1 else (k, n), 0, np.float32)

    def layout(self, x: np.ndarray) -> Timing:
        return loop_in_python(partial(np.copyto, self._x, x.T.reshape(self._x.shape)), 1)

    def run(self, count: int) -> Timing:
        return loop_in_python(self._multiply, count)

    def _multiply(self) -> None:
        self._y = self._weights @ self._x

    def result(self) -> np.ndarray:
        return self._y.reshape(self._weights.shape[0], -1)

    def implementation(self) -> str:
        from scipy import __version__

        return f"scipy {__version__} csr_array @ {'vector' if self._x.ndim == 1 else 'matrix'}"

    def footprint(self) -> Footprint:
        weights = self._weights
        index_bytes = weights.indptr.nbytes + weights.indices.nbytes
        return Footprint(weights.data.nbytes, index_bytes, stored_weights=len(weights.data))

    def release(self) -> None:
        self._weights = self._x = self._y = None


def _version() -> str:
    from scipy import __version__, sparse  # noqa: F401 - the compiled part must load too

    return __version__
