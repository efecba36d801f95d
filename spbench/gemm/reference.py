"""The truth for every backend: the product in whole numbers, its epilogue in float64."""

from __future__ import annotations

import numpy as np

from spbench.formats import GemmData, GemmProblem
from spbench.kernels.problem_epilogue import TABLE_STEP, problem_epilogue
from spbench.kernels.reference import DTYPES, epilogue_value, gelu, triple_loop

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
    value = epilogue_value(product, data.weight.to_dense(), problem_epilogue(data))
    return _gelu_of_bytes(value, problem) if problem.epilogue == "gelu-table" else value


def _gelu_of_bytes(stored: np.ndarray, problem: GemmProblem) -> np.ndarray:
    """What a table should give for bytes that were not rounded, but cut to their range."""
    limits, zero_point = np.iinfo(DTYPES[problem.output]), problem.y_zero_point
    value = gelu((stored - zero_point) * TABLE_STEP)
    return np.clip(value / problem.y_scale + zero_point, limits.min, limits.max)


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
