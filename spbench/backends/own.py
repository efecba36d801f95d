"""spbench's own kernels: block-sparse s8 weights, u8 activations, s32 sums.

Prepared beforehand: the packed weights. Layout: X as panels. Timed: the product, from
panels to panels, by one entry of the thread team.
"""

from __future__ import annotations

import numpy as np

from spbench.backends.base import Availability, Backend, Footprint, Timing
from spbench.errors import InputError, RunError
from spbench.formats import GemmData, GemmProblem


class Own(Backend):
    """The kernels in cython_kernels/, chosen at run time for this CPU."""

    name = "spbench"
    title = "spbench block-sparse int8"
    dtype = "u8s8s32"
    sparse = True

    @classmethod
    def available(cls) -> Availability:
        from importlib.metadata import PackageNotFoundError, version

        try:
            from spbench.kernels import active_isa
        except ImportError as error:
            return Availability(
                ok=False, reason=f"compiled kernels missing: {error}", install="pip install spbench"
            )
        try:
            installed = version("spbench")
        except PackageNotFoundError:
            installed = "unknown"
        return Availability(ok=True, version=f"{installed} ({active_isa()})")

    def supports(self, problem: GemmProblem, threads: int) -> str:
        from spbench.kernels import require_kernel

        if problem.output != "s32":
            return f"output {problem.output}: compared as s32 only"
        try:
            require_kernel(problem.pattern)
        except InputError as error:
            return str(error)
        return ""

    def prepare(self, data: GemmData, threads: int) -> None:
        from spbench.kernels import PackedWeight, Panels, Spmm
        from spbench.kernels._native.replay import PreparedCall

        self._weight = PackedWeight.pack(data.weight)
        self._x = Panels.empty(data.problem.k, data.problem.n, "u8")
        self._x.data.fill(0)  # its pages exist before the layout is timed
        self._product = Spmm(self._weight, self._x, num_threads=threads)
        native = self._product.call
        self._call = PreparedCall.native(
            native.function_address, native.context_address, keep=self._product
        )

    def layout(self, x: np.ndarray) -> None:
        self._x.fill(x)

    def run(self, count: int) -> Timing:
        from spbench.kernels._native.replay import time_calls

        timing = Timing(count, *time_calls(self._call, count))
        if self._product.call.failed:
            raise RunError("the thread team could not start its threads")
        return timing

    def result(self) -> np.ndarray:
        return self._product.y.to_array()

    def implementation(self) -> str:
        return "+".join(self._product.kernels)

    def isa(self) -> str:
        return self._product.kernels[0].rsplit("_", 1)[1]

    def footprint(self) -> Footprint:
        return Footprint(
            self._weight.weights.nbytes, self._weight.index_bytes, self._weight.stored_weights
        )

    def release(self) -> None:
        self._weight = self._x = self._product = self._call = None
