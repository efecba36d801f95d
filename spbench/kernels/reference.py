"""The truth that every kernel is checked against, in NumPy, obvious rather than fast."""

from __future__ import annotations

import math

import numpy as np

from spbench.kernels.epilogue import Epilogue
from spbench.kernels.panels import DTYPES


def triple_loop(weight: np.ndarray, x: np.ndarray) -> np.ndarray:
    """W s8 [M, K] times X u8 [K, N], s32 [M, N]: what a product is, spelt out."""
    m, k = weight.shape
    n = x.shape[1]
    y = np.zeros((m, n), np.int32)
    for i in range(m):
        for j in range(n):
            y[i, j] = sum(int(weight[i, c]) * int(x[c, j]) for c in range(k))
    return y


def activate(name: str, value: np.ndarray) -> np.ndarray:
    """An activation (``Epilogue.activation``) in float64."""
    if name == "relu":
        return np.maximum(value, 0)
    if name == "gelu":
        return gelu(value)
    return np.tanh(value) if name == "tanh" else value


def gelu(value: np.ndarray) -> np.ndarray:
    """x times the probability that a standard normal number is below x, in float64."""
    value = np.maximum(value, -40)  # where it is 0; -inf times 0 is no number
    erf = np.vectorize(math.erf, otypes=[np.float64])
    return 0.5 * value * (1 + erf(value / np.sqrt(2)))


def epilogue_value(product: np.ndarray, weight: np.ndarray, epilogue: Epilogue) -> np.ndarray:
    """What ``epilogue`` makes of the s32 ``product`` [M, N] of ``weight`` s8 [M, K], in float64.

    Not yet rounded, nor looked up in a table; for u8 and s8 with the zero point added and cut to
    the type's range.
    """
    m = weight.shape[0]
    scale = np.broadcast_to(np.asarray(epilogue.scale, np.float64), (m,))[:, None]
    bias = np.broadcast_to(np.asarray(epilogue.bias, np.float64), (m,))[:, None]
    row_sums = weight.sum(axis=1, dtype=np.int64)[:, None]
    value = product.astype(np.float64) - epilogue.x_zero_point * row_sums
    if epilogue.token_scale is not None:
        value = value * np.asarray(epilogue.token_scale, np.float64)
    value = activate(epilogue.activation, scale * value + bias)
    if epilogue.residual is not None:
        value = value + epilogue.residual.to_array()
    if epilogue.output == "f32":
        return value
    limits = np.iinfo(DTYPES[epilogue.output])
    return np.clip(value / epilogue.y_scale + epilogue.y_zero_point, limits.min, limits.max)


def apply_epilogue(product: np.ndarray, weight: np.ndarray, epilogue: Epilogue) -> np.ndarray:
    """The same as it is stored: rounded half to even, looked up, in the output's own type."""
    if epilogue.output == "s32":
        return product
    value = epilogue_value(product, weight, epilogue)
    rounded = value if epilogue.output == "f32" else np.rint(value)
    stored = rounded.astype(DTYPES[epilogue.output])
    if epilogue.table is None:
        return stored
    return epilogue.table[stored.view(np.uint8)].view(stored.dtype)
