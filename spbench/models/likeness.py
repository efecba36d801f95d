"""Whether a runtime's answer is the model's: cosines of last hidden states to f32."""

from __future__ import annotations

import numpy as np

LEAST_COSINE = 0.9
"""Mean over tokens. int8 with scales from calibration stays above 0.99 with random weights; what is
below 0.9 computes another model (see ``ModelConfig``), or is quantised to ruin."""


def mean_cosine(result: np.ndarray, reference: np.ndarray) -> float:
    """Mean over tokens of the cosine of hidden states [..., hidden]; NaN if any is not finite."""
    a, b = (np.asarray(each, np.float64) for each in (result, reference))
    norms = np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(((a * b).sum(axis=-1) / norms).mean())


def unlike(result: np.ndarray, reference: np.ndarray) -> str:
    """What is wrong with ``result``; empty if nothing is."""
    if result.shape != reference.shape:
        return f"shape {result.shape}, not {reference.shape}"
    cosine = mean_cosine(result, reference)
    if cosine >= LEAST_COSINE:  # a NaN is not
        return ""
    return f"cosine {cosine:.4f} to f32 with the same weights, less than {LEAST_COSINE}"
