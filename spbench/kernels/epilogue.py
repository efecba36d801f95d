"""What happens to a product before it is stored: scale, bias, zero points, requantisation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from spbench.kernels.packed_weight import PackedWeight
    from spbench.kernels.token_weight import TokenWeight


@dataclass(frozen=True, eq=False)
class Epilogue:
    """Output type, and per-channel scale and bias where the output is not s32.

    s32 is the bare product ``W . X`` of the stored bytes. Else, with z_x and z_y the
    zero points of X and Y::

        value = scale[m] * sum_k W[m, k] (X[k, n] - z_x) + bias[m]
        f32:    value
        u8, s8: saturate(round_half_even(value + z_y))

    For requantised output ``scale`` already contains 1 / (scale of Y), and ``bias``
    is in units of it. Both zero points are folded into one f32 bias when the call is
    prepared, as in gemmlowp (Jacob et al., arXiv 1712.05877, section 2.3), so that
    they cost nothing at run time.

    Attributes
    ----------
    output : "s32", "f32", "u8" or "s8"
    scale : f32 [M], or one number for all channels
    bias : f32 [M], or one number
    x_zero_point : 0 .. 255
    y_zero_point : int, added before saturation of u8 and s8
    """

    output: str = "s32"
    scale: np.ndarray | float = 1.0
    bias: np.ndarray | float = 0.0
    x_zero_point: int = 0
    y_zero_point: int = 0

    def folded(self, weight: PackedWeight | TokenWeight) -> tuple[np.ndarray, np.ndarray]:
        """Scale and bias, f32 [M] each, as kernels take them.

        Raises ValueError for an output type that does not exist, for scales that do
        not fit M, and for zero points with s32 output, which has none.
        """
        if self.output not in ("s32", "f32", "u8", "s8"):
            raise ValueError(f"output {self.output!r}: one of s32, f32, u8, s8")
        if self.output == "s32" and (self.x_zero_point or self.y_zero_point):
            raise ValueError("s32 output is the bare product; it takes no zero points")
        m = weight.shape[0]
        scale = np.broadcast_to(np.asarray(self.scale, np.float64), (m,))
        bias = np.broadcast_to(np.asarray(self.bias, np.float64), (m,))
        bias = bias - scale * self.x_zero_point * weight.row_sums
        if self.output in ("u8", "s8"):
            bias = bias + self.y_zero_point
        return scale.astype(np.float32), bias.astype(np.float32)
