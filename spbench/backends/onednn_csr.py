"""oneDNN, CSR f32: its sparse matmul. It has no int8 one outside AMX, and knows no blocks.

Prepared beforehand: the primitive with its compiled kernel, the nonzero weights as CSR with
s32 indices. Layout: X as f32 [K, N], so transposed, by a reorder of oneDNN's. Timed:
dnnl_primitive_execute of a matmul, Y [M, N] = W . X, which is the order that its sparse kernel
takes: W is the source and X the weights.
"""

from __future__ import annotations

import numpy as np

from spbench.backends import dnnl_session as dnnl
from spbench.backends.base import Availability, Backend, Footprint, Timing
from spbench.backends.calls import replay
from spbench.backends.csr import as_single_weights, csr_arrays
from spbench.errors import RunError
from spbench.formats import GemmData, GemmProblem


class OneDnnCsr(Backend):
    """Single weights in f32 through oneDNN's sparse memory."""

    name = "onednn-csr"
    title = "oneDNN f32 CSR"
    dtype = "f32"
    sparse = True
    tolerance = 1e-5  # sums of integers, exact in f32 up to 2^24

    def __init__(self) -> None:
        self._session: dnnl.Session | None = None

    @classmethod
    def available(cls) -> Availability:
        install = dnnl.LIBRARY.install
        try:
            library, version = dnnl.open_library()
        except RunError as error:
            return Availability(ok=False, reason=str(error), install=install)
        if dnnl.lacks_csr(library):
            reason = f"oneDNN {version} is built without sparse memory"
            return Availability(ok=False, reason=reason, install=install)
        return Availability(ok=True, version=version)

    def supports(self, problem: GemmProblem, threads: int) -> str:
        if problem.output != "s32":
            return f"output {problem.output}: oneDNN's CSR is f32, without an epilogue"
        return ""

    def prepare(self, data: GemmData, threads: int) -> None:
        self.release()
        self._session = session = dnnl.Session(threads)
        (m, k), n = data.weight.shape, data.problem.n
        starts, columns, values = csr_arrays(data.weight)
        self._arrays = (values, columns, starts)
        sparse = session.csr((m, k), len(values))
        x, y = session.plain((k, n), "f32", (n, 1)), session.plain((m, n), "f32", (n, 1))
        self._description = session.matmul(sparse, x, y)
        self._x, self._y = session.allocate(x), session.allocate(y)
        memories = {
            dnnl.ARG_SRC: session.wrap_csr(sparse, self._arrays),
            dnnl.ARG_WEIGHTS: self._x,
            dnnl.ARG_DST: self._y,
        }
        self._call = session.bind(session.primitive(self._description), memories)
        self._tokens = session.allocate(session.plain((k, n), "u8", (1, k)))
        reorder = session.reorder_primitive(self._tokens.description, x)
        self._convert = session.bind(reorder, {dnnl.ARG_SRC: self._tokens, dnnl.ARG_DST: self._x})
        self._shape, self._block = (m, n), data.weight.block

    def layout(self, x: np.ndarray) -> Timing:
        self._tokens.buffer.reshape(x.shape)[...] = x
        return replay(self._convert, 1)

    def run(self, count: int) -> Timing:
        return replay(self._call, count)

    def result(self) -> np.ndarray:
        return self._y.buffer.view(np.float32).reshape(self._shape).copy()

    def implementation(self) -> str:
        return f"{self._session.implementation_of(self._description)}, csr"

    def isa(self) -> str:
        """Its kernel is written for AVX2 and for AVX-512, and takes the wider where it may."""
        if "jit" not in self._session.implementation_of(self._description):
            return ""
        return "avx512" if self._session.has_avx512() else "avx2"

    def handicaps(self) -> str:
        clauses = [as_single_weights(self._block, "oneDNN knows no blocks")]
        if "ref" in self._session.implementation_of(self._description):
            clauses.append("oneDNN's reference code, as its sparse kernel does not take this case")
        return "; ".join(filter(None, clauses))

    def footprint(self) -> Footprint:
        values, columns, starts = self._arrays
        return Footprint(values.nbytes, columns.nbytes + starts.nbytes, len(values))

    def release(self) -> None:
        self._call = self._convert = None
        self._tokens = self._x = self._y = self._arrays = None
        if self._session is not None:
            self._session.close()
        self._session = None
