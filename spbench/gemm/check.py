"""Whether a result is the reference's, and if not, where it first is not."""

from __future__ import annotations

import numpy as np


def check(result: np.ndarray, reference: np.ndarray, tolerance: float = 0.0) -> str:
    """What is wrong with ``result`` [M, N]; empty if nothing is.

    Integer results must equal the int32 ``reference``. Float results may differ by
    ``tolerance * max |reference|``; what is not a number is wrong.
    """
    if result.shape != reference.shape:
        return f"shape {result.shape}, not {reference.shape}"
    wrong = _wrong_elements(result, reference, tolerance)
    count = int(np.count_nonzero(wrong))
    if count == 0:
        return ""
    row, column = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
    return (
        f"Y[{row}, {column}] is {result[row, column]}, not {reference[row, column]} "
        f"({count} of {wrong.size} differ)"
    )


def _wrong_elements(result: np.ndarray, reference: np.ndarray, tolerance: float) -> np.ndarray:
    if np.issubdtype(result.dtype, np.integer):
        return result != reference
    allowed = tolerance * np.abs(reference.astype(np.float64)).max(initial=0.0)
    difference = np.abs(result.astype(np.float64) - reference)
    return ~(difference <= allowed)  # a NaN is never within
