"""Arrays that start on a cache line, as kernels require."""

from __future__ import annotations

import math

import numpy as np

ALIGNMENT = 64


def aligned_empty(shape: int | tuple[int, ...], dtype: np.typing.DTypeLike) -> np.ndarray:
    """Uninitialised C-contiguous array whose first byte is at a multiple of 64."""
    shape = (shape,) if isinstance(shape, int) else shape
    dtype = np.dtype(dtype)
    size = math.prod(shape) * dtype.itemsize
    raw = np.empty(size + ALIGNMENT, np.uint8)
    start = -raw.ctypes.data % ALIGNMENT
    return raw[start : start + size].view(dtype).reshape(shape)


def aligned_zeros(shape: int | tuple[int, ...], dtype: np.typing.DTypeLike) -> np.ndarray:
    """The same, filled with zeros: its pages exist."""
    zeros = aligned_empty(shape, dtype)
    zeros[...] = 0
    return zeros
