"""The truth that every kernel is checked against, in NumPy, obvious rather than fast."""

from __future__ import annotations

import numpy as np

from spbench.kernels.epilogue import Epilogue


def triple_loop(weight: np.ndarray, x: np.ndarray) -> np.ndarray:
    """W s8 [M, K] times X u8 [K, N], s32 [M, N]: what a product is, spelt out."""
    m, k = weight.shape
    n = x.shape[1]
    y = np.zeros((m, n), np.int32)
    for i in range(m):
        for j in range(n):
            y[i, j] = sum(int(weight[i, c]) * int(x[c, j]) for c in range(k))
    return y


def apply_epilogue(product: np.ndarray, weight: np.ndarray, epilogue: Epilogue) -> np.ndarray:
    """What ``epilogue`` makes of the s32 ``product`` [M, N] of ``weight`` [M, K], in float64."""
    if epilogue.output == "s32":
        return product
    m = weight.shape[0]
    scale = np.broadcast_to(np.asarray(epilogue.scale, np.float64), (m,))[:, None]
    bias = np.broadcast_to(np.asarray(epilogue.bias, np.float64), (m,))[:, None]
    row_sums = weight.sum(axis=1, dtype=np.int64)[:, None]
    value = scale * (product.astype(np.float64) - epilogue.x_zero_point * row_sums) + bias
    if epilogue.output == "f32":
        return value.astype(np.float32)
    limits = np.iinfo(np.uint8 if epilogue.output == "u8" else np.int8)
    rounded = np.rint(value + epilogue.y_zero_point)
    return np.clip(rounded, limits.min, limits.max).astype(limits.dtype)
