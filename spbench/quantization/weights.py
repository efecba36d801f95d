"""Weights to s8: one scale for each output channel, symmetric."""

from __future__ import annotations

import numpy as np

from spbench.errors import InputError
from spbench.formats import BlockShape, BlockSparseMatrix
from spbench.formats.checkpoint import Checkpoint


def quantize_weight(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Quantise W f32 [M, K] to s8 [M, K] and a scale f32 [M]; ``W ~ scale[:, None] * s8``.

    The largest magnitude of a row becomes 127; -128 is not used, so that the
    range is symmetric and the zero point 0. A row without a nonzero gets scale
    1. A weight below half a step becomes 0, so blocks may vanish that pruning
    had kept. Raises :class:`ValueError` unless ``weight`` is a finite matrix.
    """
    if weight.ndim != 2 or not np.isfinite(weight).all():
        raise ValueError(f"a finite matrix is expected, not shape {weight.shape}")
    largest = np.abs(weight).max(axis=1, initial=0.0)
    scale = (largest.astype(np.float64) / 127).astype(np.float32)
    scale[scale == 0] = 1
    steps = np.rint(weight / scale[:, None].astype(np.float64))
    return np.clip(steps, -127, 127).astype(np.int8), scale


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
