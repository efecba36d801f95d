"""spbench's own kernels: block-sparse s8 weights, u8 activations, s32 sums, any output.

Prepared beforehand: the packed weights. Layout: tokens transposed into panels, by one
thread; a few tokens are taken as they are. Timed: the product, from panels to panels (from
tokens to tokens), by one entry of the thread team.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spbench.backends.base import Availability, Backend, Footprint, Timing
from spbench.backends.calls import prepare_native, replay
from spbench.errors import InputError, RunError
from spbench.formats import BlockSparseMatrix, GemmData, GemmProblem

if TYPE_CHECKING:
    from spbench.kernels import DenseWeight, PackedWeight


class Own(Backend):
    """The kernels in cython_kernels/, chosen at run time for this CPU."""

    name = "spbench"
    title = "spbench block-sparse int8"
    dtype = "u8s8s32"
    sparse = True
    tolerance = 1e-5  # f32 output: s32 sums rounded to f32, times scale, plus bias

    @classmethod
    def available(cls) -> Availability:
        from importlib.metadata import PackageNotFoundError, version

        try:
            from spbench.kernels import active_isa
        except ImportError as error:
            return Availability(
                ok=False, reason=f"compiled kernels missing: {error}", install="pip install ."
            )
        try:
            installed = version("spbench")
        except PackageNotFoundError:
            installed = "unknown"
        return Availability(ok=True, version=f"{installed} ({active_isa()})")

    def supports(self, problem: GemmProblem, threads: int) -> str:
        from spbench.kernels import require_kernel

        try:
            require_kernel(problem.pattern)
        except InputError as error:
            return str(error)
        return ""

    def prepare(self, data: GemmData, threads: int) -> None:
        if data.problem.epilogue in ("gelu", "tanh"):
            self.tolerance = 1e-4  # polynomials
        if self._takes_tokens(data.problem):
            self._prepare_tokens(data, threads)
        else:
            self._prepare_panels(data, threads)
        self._call = prepare_native(self._product.call)

    def _takes_tokens(self, problem: GemmProblem) -> bool:
        """Whether there are kernels for so few tokens, in these blocks."""
        from spbench.kernels.spmv import most_tokens
        from spbench.kernels.token_weight import token_block_shapes

        few = problem.n <= most_tokens() and problem.is_usual
        return few and problem.pattern in token_block_shapes()

    def _pack(self, weight: BlockSparseMatrix) -> PackedWeight | DenseWeight:
        from spbench.kernels import PackedWeight

        return PackedWeight.pack(weight)

    def _prepare_tokens(self, data: GemmData, threads: int) -> None:
        """A few tokens need no panels: each is a vector, in a buffer padded to whole tiles."""
        from spbench.kernels import Spmv, TokenWeight
        from spbench.kernels.problem_epilogue import problem_epilogue

        self._weight = TokenWeight.pack(data.weight)
        self._product = Spmv(
            self._weight,
            problem_epilogue(data),
            num_threads=threads,
            tokens=data.problem.n,
        )
        self._tokens = self._product.x
        self._convert = None

    def _prepare_panels(self, data: GemmData, threads: int) -> None:
        from spbench.kernels import Panels, Spmm
        from spbench.kernels._native.spmm import TokensToPanels
        from spbench.kernels.memory import aligned_empty
        from spbench.kernels.problem_epilogue import problem_epilogue

        k, n = data.problem.k, data.problem.n
        self._weight = self._pack(data.weight)
        self._tokens = aligned_empty((n, k), np.uint8)
        panels = Panels.empty(k, n, "u8")
        panels.data.fill(0)  # its pages exist before the layout is timed
        self._convert = prepare_native(TokensToPanels(self._tokens, panels.data))
        self._product = Spmm(self._weight, panels, problem_epilogue(data), num_threads=threads)

    def layout(self, x: np.ndarray) -> Timing:
        self._tokens[...] = x
        return replay(self._convert, 1) if self._convert else Timing(1, 0, 0)

    def run(self, count: int) -> Timing:
        timing = replay(self._call, count)
        if self._product.call.failed:
            raise RunError("the thread team could not start its threads")
        return timing

    def result(self) -> np.ndarray:
        y = self._product.y
        return y.T.copy() if isinstance(y, np.ndarray) else y.to_array()

    def implementation(self) -> str:
        return "+".join(self._product.kernels)

    def isa(self) -> str:
        return self._product.kernels[0].rsplit("_", 1)[1]

    def footprint(self) -> Footprint:
        return Footprint(
            self._weight.weights.nbytes, self._weight.index_bytes, self._weight.stored_weights
        )

    def release(self) -> None:
        self._weight = self._tokens = self._convert = self._product = self._call = None
