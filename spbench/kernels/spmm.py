"""The product itself: Y[M, N] = W[M, K] . X[K, N], W block-sparse s8, X u8."""

from __future__ import annotations

import numpy as np

from spbench.kernels._native import spmm as native
from spbench.kernels.dense_weight import DenseWeight
from spbench.kernels.epilogue import Epilogue
from spbench.kernels.isa import isa_cap
from spbench.kernels.packed_weight import PackedWeight
from spbench.kernels.panels import Panels
from spbench.kernels.threads import default_num_threads


class Spmm:
    """One product with its memory, prepared once and run any number of times.

    The method is that of arXiv 2306.16601 (constant blocks, VNNI), on panels that need
    no transposition. ``run`` releases the GIL and allocates nothing. One object must not
    be run by two Python threads at the same time; different objects may. ``token_scale``, f32
    [N], is a copy of the epilogue's: write the scales of the next X into it.

    Parameters
    ----------
    weight : PackedWeight or DenseWeight
        W, s8 [M, K].
    x : Panels
        X, u8 [K, N]. Its memory is read at every run.
    epilogue : Epilogue
        Output type, scales, bias, zero points, activation ... Default: the s32 product.
    y : Panels, optional
        Where to write; [M, N] of the epilogue's output type. Made if not given.
    num_threads : int, optional
        Default: the physical cores that this process may use.

    Raises
    ------
    ValueError
        Shapes or types that do not fit each other.
    InputError
        ``SPBENCH_ISA`` names no ISA.
    """

    def __init__(
        self,
        weight: PackedWeight | DenseWeight,
        x: Panels,
        epilogue: Epilogue | None = None,
        y: Panels | None = None,
        num_threads: int | None = None,
    ) -> None:
        epilogue = epilogue or Epilogue()
        m, k = weight.shape
        if x.dtype != "u8" or x.channels != k:
            raise ValueError(f"x is {x.dtype} with {x.channels} channels, not u8 with K = {k}")
        operands = epilogue.operands(weight, x.tokens)
        self.y = y or Panels.empty(m, x.tokens, epilogue.output)
        if (self.y.dtype, self.y.channels, self.y.tokens) != (epilogue.output, m, x.tokens):
            raise ValueError(f"y must be {epilogue.output} [{m}, {x.tokens}]")
        threads = default_num_threads() if num_threads is None else num_threads
        if threads < 1:
            raise ValueError(f"num_threads must be at least 1, not {threads}")
        self.call = native.SpmmCall(
            m=m,
            k=k,
            n=x.tokens,
            block=weight.kernel_block,
            group_begin=weight.group_begin,
            weights=weight.weights,
            channels=weight.channels,
            x=x.data,
            y=self.y.data.view(np.uint8),
            threads=threads,
            isa=isa_cap(),
            row_split=np.empty(threads + 1, np.int64),
            **operands,
        )
        whole = operands.get("token_scale")
        self.token_scale = None if whole is None else whole[: x.tokens]

    def run(self) -> Panels:
        """Multiply; returns ``y``. Raises RuntimeError if threads cannot be started."""
        self.call.run()
        return self.y

    @property
    def kernels(self) -> tuple[str, ...]:
        """Names of the kernels that run, by falling panel width."""
        return self.call.kernels


def spmm(
    weight: PackedWeight | DenseWeight,
    x: Panels,
    epilogue: Epilogue | None = None,
    num_threads: int | None = None,
) -> Panels:
    """Y = W . X once; see :class:`Spmm` for the parameters and errors."""
    return Spmm(weight, x, epilogue, num_threads=num_threads).run()
