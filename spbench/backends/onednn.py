"""oneDNN, dense int8: what sparsity has to beat.

An inner product primitive, oneDNN's fully connected layer: u8 activations [N, K],
s8 weights, s32 sums [N, M], or any other output with a scale and bias for each channel.
It takes the same brgemm kernels as the matmul primitive and was measured as fast for many
tokens, 10 % faster for one.

Prepared beforehand: the primitive with its compiled kernels, and the weights, reordered
once into the layout that the library chooses (``format_tag::any``). Layout: none where
the library takes tokens as rows, as it does; else X reordered into what it chooses. Timed:
dnnl_primitive_execute, with the library's own scratchpad (a user's is no faster).
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from spbench.backends import dnnl_session as dnnl
from spbench.backends.base import Availability, Backend, Footprint, Timing
from spbench.backends.calls import replay
from spbench.errors import RunError
from spbench.formats import GemmData, GemmProblem

_OUTPUTS = {"s32": np.int32, "f32": np.float32, "u8": np.uint8, "s8": np.int8}


class OneDnn(Backend):
    """Dense u8 x s8 through oneDNN's primitive API, weights packed beforehand."""

    name = "onednn"
    title = "oneDNN int8 dense"
    dtype = "u8s8s32"
    sparse = False
    tolerance = 1e-5  # f32 output: s32 sums rounded to f32, times scale, plus bias
    operands: ClassVar = ("u8", "s8")
    """Types of X and W, as in ``dnnl_session.DATA_TYPES``."""

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
        if problem.epilogue == "gelu-table":
            return "epilogue gelu-table: oneDNN has no tables of bytes"
        if problem.epilogue == "residual":
            return "epilogue residual: not among the post-operations that are asked of oneDNN here"
        return ""

    def prepare(self, data: GemmData, threads: int) -> None:
        self.release()
        self._session = session = dnnl.Session(threads)
        self._m, self._k = m, k = data.weight.shape
        self._n = n = data.problem.n
        self._output = self.stored_as(data.problem)
        self._epilogue = self._make_epilogue(data)
        bias = self._epilogue.get(dnnl.ARG_BIAS)
        self._description = session.inner_product(
            session.any_layout((n, k), self.operands[0]),
            session.any_layout((m, k), self.operands[1]),
            session.any_layout((n, m), self._output),
            bias and bias.description,
            session.channel_scales(_post_operations(data.problem))
            if dnnl.ARG_WEIGHT_SCALES in self._epilogue
            else None,
        )
        self._source = self._operand(dnnl.QUERY_SRC)
        self._weights = self._operand(dnnl.QUERY_WEIGHTS)
        self._target = self._operand(dnnl.QUERY_DST)
        self._take_tokens(session.plain((n, k), "u8", (k, 1)))
        self._pack(self.weights_of(data))
        self._bind()

    def stored_as(self, problem: GemmProblem) -> str:
        """The type of Y."""
        return problem.output

    def weights_of(self, data: GemmData) -> np.ndarray:
        """The weights [M, K] that the library packs: s8, or f32."""
        return data.weight.to_dense()

    def _make_epilogue(self, data: GemmData) -> dict[int, dnnl.Memory]:
        """Its operands. The zero point of Y is part of the bias, and its scale of the channels':
        all are added and multiplied in f32, so this is the least that oneDNN can be asked for.
        What comes after an activation cannot be part of them.
        """
        if data.problem.epilogue == "none":
            return {}
        zero_point = data.problem.y_zero_point if data.problem.is_usual else 0
        bias = data.bias + np.float32(zero_point)
        vectors = {dnnl.ARG_WEIGHT_SCALES: data.scale, dnnl.ARG_BIAS: bias}
        return {argument: self._session.vector(values) for argument, values in vectors.items()}

    def _take_tokens(self, plain: Any) -> None:
        """Where X arrives, and how it gets from there into the layout of the source."""
        session, source = self._session, self._source
        self._tokens, self._convert = source, None
        if not session.same(plain, source.description):
            self._tokens = session.allocate(plain)
            reorder = session.reorder_primitive(plain, source.description)
            memories = {dnnl.ARG_SRC: self._tokens, dnnl.ARG_DST: source}
            self._convert = session.bind(reorder, memories)

    def _pack(self, dense: np.ndarray) -> None:
        session = self._session
        with session.temporary():
            kind = "s8" if dense.dtype == np.int8 else "f32"
            plain = session.plain(dense.shape, kind, (dense.shape[1], 1))
            session.reorder(session.wrap(plain, dense), self._weights)

    def _bind(self) -> None:
        memories = {
            dnnl.ARG_SRC: self._source,
            dnnl.ARG_WEIGHTS: self._weights,
            dnnl.ARG_DST: self._target,
            **self._epilogue,
        }
        self._call = self._session.bind(self._session.primitive(self._description), memories)

    def layout(self, x: np.ndarray) -> Timing:
        """Nothing to convert where the source is [N, K]: a user's pointer is handed over."""
        self._tokens.buffer.reshape(x.shape)[...] = x
        if self._convert is None:
            return Timing(count=1, wall_ns=0, cpu_ns=0)
        return replay(self._convert, 1)

    def run(self, count: int) -> Timing:
        return replay(self._call, count)

    def result(self) -> np.ndarray:
        session, m, n = self._session, self._m, self._n
        y = np.empty((m, n), _OUTPUTS[self._output])
        with session.temporary():
            plain = session.plain((n, m), self._output, (1, n))
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
        self._call = self._convert = None
        self._tokens = self._source = self._weights = self._target = self._epilogue = None
        if self._session is not None:
            self._session.close()
        self._session = None

    def _operand(self, query: int) -> dnnl.Memory:
        """Memory for an operand in the layout that the primitive wants."""
        return self._session.allocate(self._session.layout_of(self._description, query))


def _post_operations(problem: GemmProblem) -> list[tuple[str, float, float]]:
    """The activation, then scale and zero point of Y if they do anything."""
    if problem.is_usual:
        return []
    operations = [(problem.epilogue, 0.0, 0.0)]
    if (problem.y_scale, problem.y_zero_point) != (1, 0):
        operations.append(("linear", 1 / problem.y_scale, float(problem.y_zero_point)))
    return operations
