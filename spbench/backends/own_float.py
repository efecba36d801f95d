"""spbench's kernels for models that are not quantised: block-sparse f32 and bf16, f32 sums.

They get the same problem as the int8 kernels, its s8 weights and u8 activations as f32 or bf16:
whole numbers up to 256, exact in both. Prepared beforehand: the packed weights. Layout: tokens
converted and transposed into panels, by one thread. Timed: the product, from panels to panels,
by one entry of the thread team. They run where they are named: what they cost beside int8 is a
question of its own.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from spbench.backends.base import Availability
from spbench.backends.calls import prepare_native
from spbench.backends.own import Own
from spbench.errors import InputError
from spbench.formats import GemmData, GemmProblem


class OwnF32(Own):
    """The f32 kernels in cython_kernels/spmm_float/, chosen at run time for this CPU."""

    name = "spbench-f32"
    title = "spbench block-sparse f32"
    dtype = "f32"
    sparse = True
    tolerance = 1e-5  # sums of integers, exact in f32 up to 2^24

    @classmethod
    def available(cls) -> Availability:
        found = Own.available()
        if not found.ok:
            return found
        from spbench.kernels import active_float_isa

        version = found.version.partition(" ")[0]
        return replace(found, version=f"{version} ({active_float_isa(cls.dtype)})")

    def supports(self, problem: GemmProblem, threads: int) -> str:
        from spbench.kernels import require_float_kernel

        try:
            require_float_kernel(problem.pattern, self.dtype)
        except InputError as error:
            return str(error)
        if problem.output != "s32":
            return (
                f"output {problem.output}: {self.name} multiplies in {self.dtype}, without the"
                " epilogue of a quantised layer"
            )
        return ""

    def prepare(self, data: GemmData, threads: int) -> None:
        from spbench.kernels import PackedFloatWeight, Panels, SpmmFloat
        from spbench.kernels._native.spmm_float import ToPanels
        from spbench.kernels.memory import aligned_empty

        k, n = data.problem.k, data.problem.n
        weight = replace(data.weight, data=data.weight.data.astype(np.float32))
        self._weight = PackedFloatWeight.pack(weight, self.dtype)
        self._tokens = aligned_empty((n, k), np.uint8)
        panels = Panels.empty(k, n, self.dtype)
        panels.data.fill(0)  # its pages exist before the layout is timed
        to_panels = ToPanels(self._tokens.T, self.dtype, panels.data.view(np.uint8))
        self._convert = prepare_native(to_panels)
        self._product = SpmmFloat(self._weight, panels, num_threads=threads)
        self._call = prepare_native(self._product.call)


class OwnBf16(OwnF32):
    """The bf16 kernels: weights and activations in bf16, sums and result in f32."""

    name = "spbench-bf16"
    title = "spbench block-sparse bf16"
    dtype = "bf16"
    tolerance = 1e-5  # bf16 holds the operands exactly; sums are f32, exact up to 2^24
