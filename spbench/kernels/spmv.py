"""The product with a few tokens: Y[N, M] = X[N, K] . W[M, K]^T, W block-sparse s8, X u8."""

from __future__ import annotations

import numpy as np

from spbench.kernels._native import spmm as native
from spbench.kernels.epilogue import Epilogue
from spbench.kernels.isa import active_isa, isa_cap
from spbench.kernels.memory import aligned_empty
from spbench.kernels.panels import DTYPES
from spbench.kernels.threads import default_num_threads
from spbench.kernels.token_weight import TokenWeight

_MOST_TOKENS = {
    "scalar": 8,
    "avx2": 2,
    "avxvnni": 1,
    "avx512bw": 8,
    "avx512vnni": 7,
    "avx512vbmi": 10,
}


def most_tokens() -> int:
    """Up to how many tokens :class:`Spmv` is faster than :class:`Spmm`'s panel of 16, on this ISA.

    Where both took the same time on Zen 4 (K = 1024 and 4096, 80 and 90 % sparsity) with
    ``SPBENCH_ISA`` capped to each. For avxvnni, which has products on panels but none of its own
    here, by their bounds.
    """
    return _MOST_TOKENS[active_isa()]


class Spmv:
    """One product with its memory, prepared once and run any number of times.

    ``x`` is a u8 buffer [N, K] that belongs to this object: fill it, then :meth:`run`. ``y`` is
    the result, [N, M] of the epilogue's output type, overwritten by every run. One object must
    not be run by two Python threads at the same time; different objects may.

    Parameters
    ----------
    weight : TokenWeight
        W, s8 [M, K].
    epilogue : Epilogue
        Output type, scales, bias, zero points. Default: the s32 product.
    num_threads : int, optional
        Default: the physical cores that this process may use.
    tokens : int
        N, any number; beyond :func:`most_tokens` :class:`Spmm` is faster.

    Raises
    ------
    ValueError
        Scales that do not fit, or fewer than one thread or token.
    InputError
        ``SPBENCH_ISA`` names no ISA.
    """

    def __init__(
        self,
        weight: TokenWeight,
        epilogue: Epilogue | None = None,
        num_threads: int | None = None,
        tokens: int = 1,
    ) -> None:
        epilogue = epilogue or Epilogue()
        m, k = weight.shape
        scale, bias = epilogue.folded(weight)
        threads = default_num_threads() if num_threads is None else num_threads
        if threads < 1:
            raise ValueError(f"num_threads must be at least 1, not {threads}")
        if tokens < 1:
            raise ValueError(f"tokens must be at least 1, not {tokens}")
        padded = -(-k // native.SPMV_TILE_CHANNELS) * native.SPMV_TILE_CHANNELS
        whole = aligned_empty((tokens, padded), np.uint8)
        whole.fill(0)
        self.x = whole[:, :k]
        self.y = aligned_empty((tokens, m), DTYPES[epilogue.output])
        self.call = native.SpmvCall(
            m=m,
            k=k,
            tokens=tokens,
            block_rows=weight.block.rows,
            order=weight.order,
            groups=weight.groups,
            group_begin=weight.group_begin,
            channels=weight.channels,
            weights=weight.weights,
            x=whole.reshape(-1),
            y=self.y.reshape(-1).view(np.uint8),
            output=epilogue.output,
            scale=scale,
            bias=bias,
            threads=threads,
            isa=isa_cap(),
            chunk_split=np.empty(threads + 1, np.int64),
        )

    def run(self) -> np.ndarray:
        """Multiply; returns ``y``. Raises RuntimeError if threads cannot be started."""
        self.call.run()
        return self.y

    @property
    def kernels(self) -> tuple[str, ...]:
        """Name of the kernel that runs."""
        return self.call.kernels


def spmv(
    weight: TokenWeight,
    x: np.ndarray,
    epilogue: Epilogue | None = None,
    num_threads: int | None = None,
) -> np.ndarray:
    """Y [M] or [N, M] once, for X u8 [K] or [N, K]; see :class:`Spmv`.

    Raises TypeError or ValueError for another X.
    """
    k = weight.shape[1]
    if x.dtype != np.uint8:
        raise TypeError(f"activations are u8, not {x.dtype}")
    if x.ndim not in (1, 2) or x.shape[-1] != k:
        raise ValueError(f"x must be [{k}] or [N, {k}], not {list(x.shape)}")
    product = Spmv(weight, epilogue, num_threads, tokens=1 if x.ndim == 1 else len(x))
    product.x[...] = x
    y = product.run()
    return y[0] if x.ndim == 1 else y
