"""The truth for every backend: the product in whole numbers, its epilogue in float64."""

from __future__ import annotations

import numpy as np

from spbench.formats import GemmData
from spbench.kernels import Epilogue
from spbench.kernels.reference import epilogue_value, triple_loop

TRIPLE_LOOP_OPS = 4096
"""Up to so many multiplications the triple loop is quick enough (a few ms)."""


def reference_result(data: GemmData) -> np.ndarray:
    """What a backend is to store for ``data``, [M, N].

    int32, exact, for s32. Else float64, before it is rounded: for u8 and s8 with the zero
    point added and cut to the type's range.
    """
    product, problem = reference_product(data), data.problem
    if problem.epilogue == "none":
        return product
    epilogue = Epilogue(problem.output, data.scale, data.bias, y_zero_point=problem.y_zero_point)
    return epilogue_value(product, data.weight.to_dense(), epilogue)


def reference_product(data: GemmData) -> np.ndarray:
    """Y = W . X, int32 [M, N], exact.

    Small problems by the triple loop, larger ones by BLAS; the tests hold one against
    the other.
    """
    weight, x = data.weight.to_dense(), data.x.T
    if weight.size * x.shape[1] <= TRIPLE_LOOP_OPS:
        return triple_loop(weight, x)
    return float64_product(weight, x)


def float64_product(weight: np.ndarray, x: np.ndarray) -> np.ndarray:
    """W s8 [M, K] times X u8 [K, N] through BLAS, int32 [M, N].

    Exact for K up to ``MOST_K``, which :class:`GemmProblem` ensures: float64 adds whole
    numbers below 2**53 without rounding, and no sum leaves int32.
    """
    return (weight.astype(np.float64) @ x.astype(np.float64)).astype(np.int32)
