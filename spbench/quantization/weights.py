"""Weights to s8: one scale for each output channel, symmetric."""

from __future__ import annotations

import numpy as np

from spbench.errors import InputError
from spbench.formats import BlockShape, BlockSparseMatrix
from spbench.formats.checkpoint import Checkpoint

_ROWS_WEIGHTS = 1 << 15  # of rows that are quantised together: in double precision, a part of L2


def quantize_weight(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Quantise W f32 [M, K] to s8 [M, K] and a scale f32 [M]; ``W ~ scale[:, None] * s8``.

    The largest magnitude of a row becomes 127; -128 is not used, so that the
    range is symmetric and the zero point 0. A row without a nonzero gets scale
    1. A weight below half a step becomes 0, so blocks may vanish that pruning
    had kept. Raises :class:`ValueError` unless ``weight`` is a finite matrix.
    """
    if weight.ndim != 2:
        raise ValueError(f"a finite matrix is expected, not shape {weight.shape}")
    m, k = weight.shape
    quantised, scale = np.empty((m, k), np.int8), np.empty(m, np.float32)
    rows = max(1, _ROWS_WEIGHTS // max(1, k))
    for first in range(0, m, rows):
        part = slice(first, first + rows)
        quantised[part], scale[part] = _quantize_rows(weight[part])
    return quantised, scale


def _quantize_rows(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    largest = np.maximum(weight.max(axis=1, initial=0.0), -weight.min(axis=1, initial=0.0))
    if not np.isfinite(largest).all():
        raise ValueError(f"a finite matrix is expected, not one with {largest.max()}")
    scale = (largest.astype(np.float64) / 127).astype(np.float32)
    scale[scale == 0] = 1
    steps = weight / scale[:, None].astype(np.float64)
    np.rint(steps, out=steps)
    return np.clip(steps, -127, 127, out=steps).astype(np.int8), scale


def model_weight(reference: str, pattern: BlockShape) -> BlockSparseMatrix:
    """The s8 weight of a model's layer, cut into blocks wherever one holds a nonzero.

    ``reference`` is ``"<folder or package>:<tensor name>"``, the name with or
    without ``.weight``. Raises :class:`InputError` for a model or a tensor that
    is not there, is not a linear layer, or holds NaN or Inf.
    """
    folder, colon, name = reference.rpartition(":")
    if not (folder and colon and name):
        raise InputError(f"weights {reference!r}: write FOLDER:TENSOR")
    checkpoint = Checkpoint.open(folder)
    quantised, _ = quantize_weight(checkpoint.weight(checkpoint.layer(name)))
    return BlockSparseMatrix.from_dense(quantised, pattern)
