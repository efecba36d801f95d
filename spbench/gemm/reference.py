"""The truth for every backend: the product in whole numbers."""

from __future__ import annotations

import numpy as np

from spbench.formats import GemmData
from spbench.kernels.reference import triple_loop

TRIPLE_LOOP_OPS = 4096
"""Up to so many multiplications the triple loop is quick enough (a few ms)."""


def reference_product(data: GemmData) -> np.ndarray:
    """Y = W . X, int32 [M, N], exact.

    Small problems by the triple loop. Larger ones by a float64 BLAS product, which
    is exact as well, since no sum reaches 2**53; the tests hold it against the loop.
    """
    weight = data.weight.to_dense()
    if weight.size * data.x.shape[1] <= TRIPLE_LOOP_OPS:
        return triple_loop(weight, data.x)
    return float64_product(weight, data.x)


def float64_product(weight: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The same through BLAS."""
    return (weight.astype(np.float64) @ x.astype(np.float64)).astype(np.int32)
