"""oneDNN, dense int8: what sparsity has to beat.

An inner product primitive, oneDNN's fully connected layer: u8 activations [N, K],
s8 weights, s32 sums [N, M]. It takes the same brgemm kernels as the matmul primitive
and was measured as fast for many tokens, 10 % faster for one.

Prepared beforehand: the primitive with its compiled kernels, and the weights, reordered
once into the layout that the library chooses (``format_tag::any``). Layout: X reordered
into the layout that it chooses for the source (tokens are rows). Timed: dnnl_primitive_execute,
with the library's own scratchpad (a user's is no faster).
"""

from __future__ import annotations

import ctypes

import numpy as np

from spbench.backends import dnnl_session as dnnl
from spbench.backends.base import Availability, Backend, Footprint, Timing
from spbench.backends.calls import prepare_call, replay
from spbench.errors import RunError
from spbench.formats import GemmData, GemmProblem


class OneDnn(Backend):
    """Dense u8 x s8 through oneDNN's primitive API, weights packed beforehand."""

    name = "onednn"
    title = "oneDNN int8 dense"
    dtype = "u8s8s32"
    sparse = False

    def __init__(self) -> None:
        self._session: dnnl.Session | None = None

    @classmethod
    def available(cls) -> Availability:
        try:
            _, version = dnnl.open_library()
        except RunError as error:
            return Availability(ok=False, reason=str(error), install=dnnl.LIBRARY.install)
        return Availability(ok=True, version=version)

    def supports(self, problem: GemmProblem, threads: int) -> str:
        if problem.output != "s32":
            return f"output {problem.output}: oneDNN is compared as s32 only"
        return ""

    def prepare(self, data: GemmData, threads: int) -> None:
        self.release()
        self._session = session = dnnl.Session(threads)
        self._m, self._k = m, k = data.weight.shape
        self._n = n = data.problem.n
        self._description = session.inner_product(
            session.any_layout((n, k), "u8"),
            session.any_layout((m, k), "s8"),
            session.any_layout((n, m), "s32"),
        )
        self._source = self._operand(dnnl.QUERY_SRC)
        self._weights = self._operand(dnnl.QUERY_WEIGHTS)
        self._target = self._operand(dnnl.QUERY_DST)
        self._plain_x = session.plain((n, k), "u8", (1, n))  # X[K, N], seen as [N, K]
        self._convert_x = session.reorder_primitive(self._plain_x, self._source.description)
        self._pack(data.weight.to_dense())
        self._bind()

    def _pack(self, dense: np.ndarray) -> None:
        session = self._session
        with session.temporary():
            plain = session.plain(dense.shape, "s8", (dense.shape[1], 1))
            session.reorder(session.wrap(plain, dense), self._weights)

    def _bind(self) -> None:
        memories = {
            dnnl.ARG_SRC: self._source,
            dnnl.ARG_WEIGHTS: self._weights,
            dnnl.ARG_DST: self._target,
        }
        primitive = self._session.primitive(self._description)
        arguments = self._session.arguments(memories)
        self._call = prepare_call(
            self._session.library.dnnl_primitive_execute,
            (
                primitive.value,
                self._session.stream.value,
                len(arguments),
                ctypes.addressof(arguments),
            ),
            keep=(arguments, memories),
        )

    def layout(self, x: np.ndarray) -> None:
        session = self._session
        with session.temporary():
            plain = session.wrap(self._plain_x, np.ascontiguousarray(x))
            session.execute(self._convert_x, {dnnl.ARG_SRC: plain, dnnl.ARG_DST: self._source})

    def run(self, count: int) -> Timing:
        return replay(self._call, count)

    def result(self) -> np.ndarray:
        session, m, n = self._session, self._m, self._n
        y = np.empty((m, n), np.int32)
        with session.temporary():
            plain = session.plain((n, m), "s32", (1, n))
            session.reorder(self._target, session.wrap(plain, y))
        return y

    def implementation(self) -> str:
        text = self._session.implementation_of(self._description)
        return text if self._session.has_vnni() else f"{text} (no VNNI: 16-bit sums can saturate)"

    def isa(self) -> str:
        """From the implementation's name: brgemm:avx512_core_vnni -> avx512vnni."""
        implementation = self._session.implementation_of(self._description)
        isa = implementation.partition(":")[2]
        return isa.replace("_core", "").replace("_", "") if isa.startswith(("avx", "sse")) else ""

    def footprint(self) -> Footprint:
        weight_bytes = self._session.size_of(self._weights.description)
        return Footprint(weight_bytes, index_bytes=0, stored_weights=self._m * self._k)

    def release(self) -> None:
        self._call = self._source = self._weights = self._target = None
        if self._session is not None:
            self._session.close()
        self._session = None

    def _operand(self, query: int) -> dnnl.Memory:
        """Memory for an operand in the layout that the primitive wants."""
        return self._session.allocate(self._session.layout_of(self._description, query))
