"""Whether a result is the reference's, and if not, where it first is not."""

from __future__ import annotations

import numpy as np

STEP = 1.0
"""Of a requantised result: f32 arithmetic may round to the other side of a half."""


def check(result: np.ndarray, reference: np.ndarray, tolerance: float = 0.0) -> str:
    """What is wrong with ``result`` [M, N]; empty if nothing is.

    Integer results must equal an integer ``reference``; they may differ by one step from
    one that is float, which is not rounded. Float results may differ by
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
    whole = np.issubdtype(result.dtype, np.integer)
    if whole and np.issubdtype(reference.dtype, np.integer):
        return result != reference
    difference = np.abs(result.astype(np.float64) - reference)
    largest = np.abs(reference.astype(np.float64)).max(initial=0.0)
    allowed = STEP if whole else tolerance * largest
    return ~(difference <= allowed)  # a NaN is never within
