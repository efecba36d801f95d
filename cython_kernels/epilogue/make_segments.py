"""Writes epilogue/segments.h: what GELU and tanh need, as polynomials on 16 segments.

    python cython_kernels/epilogue/make_segments.py > cython_kernels/epilogue/segments.h

Segment s covers [s * step, (s + 1) * step). Its polynomial meets the function at the Chebyshev nodes
of the segment, which is near the best there is, and is written in powers of x itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

SEGMENTS = 16
GELU_END = 3.99
"""Kernels clamp the magnitude to this: the last segment stands for all that is beyond."""


def gelu_tail(x: float) -> float:
    """What GELU lacks to ReLU at x and at -x: x times the probability of more than x."""
    return 0.5 * x * math.erfc(x / math.sqrt(2))


def coefficients(function: Callable[[float], float], degree: int, step: float) -> np.ndarray:
    """[degree + 1, SEGMENTS], of rising powers."""
    columns = []
    for segment in range(SEGMENTS):
        nodes = np.cos(np.pi * (np.arange(degree + 1) + 0.5) / (degree + 1))
        nodes = step * (segment + 0.5 + 0.5 * nodes)
        columns.append(np.polyfit(nodes, [function(x) for x in nodes], degree)[::-1])
    return np.array(columns).T


def gelu_coefficients() -> np.ndarray:
    """Steps of 1/4, degree 2, of minus the tail; the last segment is a line down to 0 at its end."""
    table = -coefficients(gelu_tail, 2, 0.25)
    slope = gelu_tail(3.75) / (GELU_END - 3.75)
    table[:, -1] = [-slope * GELU_END, slope, 0]
    return table


def tanh_coefficients() -> np.ndarray:
    """Steps of 1/2, degree 3."""
    return coefficients(math.tanh, 3, 0.5)


def array(name: str, table: np.ndarray) -> str:
    """A table as C."""
    rows = []
    for row in table.astype(np.float32):
        values = [f"{value:.9e}f" for value in row]
        lines = [", ".join(values[at : at + 4]) for at in range(0, SEGMENTS, 4)]
        rows.append("    {" + ",\n     ".join(lines) + "},\n")
    head = f"static const float {name}[{len(table)}][{SEGMENTS}] __attribute__((aligned(64)))"
    return f"{head} = {{\n{''.join(rows)}}};\n"


HEAD = """\
// Polynomials on 16 segments for GELU and tanh; written by make_segments.py, which says how.
//
// On segment floor(a / step), a >= 0, with p the power of a:
//
//   step 1/4   sum_p SPBENCH_GELU_SEGMENTS[p][segment] a^p = GELU(a) - a = GELU(-a)
//   step 1/2   sum_p SPBENCH_TANH_SEGMENTS[p][segment] a^p = tanh(a)
//
// within 6.3e-5 up to a = 4, where 1.3e-4 are missing: it is 0 from 3.99 on; within 8.3e-5.
#pragma once
"""

if __name__ == "__main__":
    print(HEAD)
    print(array("SPBENCH_GELU_SEGMENTS", gelu_coefficients()))
    print(array("SPBENCH_TANH_SEGMENTS", tanh_coefficients()), end="")
