"""What happens to a product before it is stored: scale, bias, activation, requantisation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spbench.kernels.panels import Panels

if TYPE_CHECKING:
    from spbench.kernels.dense_weight import DenseWeight
    from spbench.kernels.packed_weight import PackedWeight
    from spbench.kernels.token_weight import TokenWeight

    Weight = PackedWeight | DenseWeight | TokenWeight

ACTIVATIONS = ("none", "relu", "gelu", "tanh")

_BYTES = {"u8": np.uint8, "s8": np.int8}
_SMALLEST_SCALE = float(np.finfo(np.float32).tiny)
_FITS = 2.0**30
"""Values up to this are converted to s32 as they are; half of s32, for all roundings."""


@dataclass(frozen=True, eq=False)
class Epilogue:
    """Output type, and what a sum passes before it is stored where the output is not s32.

    s32 is the bare product ``W . X`` of the stored bytes. Else, with z_x and z_y the
    zero points of X and Y::

        sum    = sum_k W[m, k] (X[k, n] - z_x)
        value  = activation(sum * scale[m] * token_scale[n] + bias[m]) + residual[m, n]
        f32:     value
        u8, s8:  saturate(round_half_even(value / y_scale + z_y)), then table[that], if there is one

    Only what is asked for costs time. Zero points are folded into one f32 bias when the call is
    prepared, as in gemmlowp (Jacob et al., arXiv 1712.05877, section 2.3); without activation,
    residual and token scales so is ``y_scale``, into scale and bias.

    Attributes
    ----------
    output : "s32", "f32", "u8" or "s8"
    scale : f32 [M], or one number for all channels
    bias : f32 [M], or one number; in units of ``value``
    x_zero_point : 0 .. 255
    y_zero_point : int, added before saturation of u8 and s8
    activation : "none", "relu", "gelu" or "tanh"
        GELU is that of erf. Vector kernels are within 1e-4 of tanh, 1e-4 * max(1, abs(x)) of GELU.
    y_scale : float
        What one step of u8 and s8 output is worth, in units of ``value``.
    residual : Panels, f32 [M, N], optional
        Its memory is read at every run.
    token_scale : f32 [N], optional
        Scales of tokens that were quantised each by its own (dynamic quantisation).
    table : u8 [256], optional
        Replaces the requantised byte (s8: its bit pattern), see :func:`byte_table`.
    """

    output: str = "s32"
    scale: np.ndarray | float = 1.0
    bias: np.ndarray | float = 0.0
    x_zero_point: int = 0
    y_zero_point: int = 0
    activation: str = "none"
    y_scale: float = 1.0
    residual: Panels | None = None
    token_scale: np.ndarray | None = None
    table: np.ndarray | None = None

    @property
    def is_plain(self) -> bool:
        """Whether scale and bias are all there is before the table."""
        return self.activation == "none" and self.residual is None and self.token_scale is None

    def folded(self, weight: Weight) -> tuple[np.ndarray, np.ndarray]:
        """Scale and bias, f32 [M] each, as kernels take them: a plain epilogue without a table.

        Raises ValueError for another one, and for what :meth:`require_sound` refuses.
        """
        if not self.is_plain or self.table is not None:
            raise ValueError(
                "this product takes scale and bias only: no activation, residual, token scales "
                "or table"
            )
        self.require_sound(weight.shape[0])
        return self._folded(weight)

    def _folded(self, weight: Weight) -> tuple[np.ndarray, np.ndarray]:
        scale, bias = self._by_channel(weight)
        if self.token_scale is None:
            bias = bias - scale * self.x_zero_point * weight.row_sums
        if self.is_plain:
            scale, bias = scale / self.y_scale, bias / self.y_scale + self._zero_point
        return scale.astype(np.float32), bias.astype(np.float32)

    def operands(self, weight: Weight, tokens: int) -> dict[str, object]:
        """What ``SpmmCall`` takes of this epilogue, by name; see cython_kernels/include/epilogue.h.

        Raises ValueError for what :meth:`require_sound` refuses.
        """
        self.require_sound(weight.shape[0], tokens)
        scale, bias = self._folded(weight)
        given: dict[str, object] = {
            "output": self.output,
            "scale": scale,
            "bias": bias,
            "activation": self.activation,
            "fits": self._fits(weight),
        }
        if not self.is_plain:
            given |= {"output_scale": 1 / self.y_scale, "output_bias": self._zero_point}
        if self.token_scale is not None:
            given["token_scale"] = _padded(self.token_scale, tokens)
            if self.x_zero_point:
                given["offset"] = (-self.x_zero_point * weight.row_sums).astype(np.int32)
        if self.residual is not None:
            given["residual"] = self.residual.data
        if self.table is not None:
            given["table"] = np.ascontiguousarray(self.table)
        return given

    def require_sound(self, m: int, tokens: int | None = None) -> None:
        """Raises ValueError for what does not exist: types, combinations, shapes that do not fit."""
        if self.output not in ("s32", "f32", "u8", "s8"):
            raise ValueError(f"output {self.output!r}: one of s32, f32, u8, s8")
        if self.activation not in ACTIVATIONS:
            raise ValueError(f"activation {self.activation!r}: one of {', '.join(ACTIVATIONS)}")
        if not 0 <= self.x_zero_point <= 255:
            raise ValueError(f"x_zero_point must be 0 .. 255, not {self.x_zero_point}")
        for name, value in (("scale", self.scale), ("bias", self.bias)):
            if np.shape(value) not in ((), (m,)):
                raise ValueError(f"{name} is one number or [{m}], not {list(np.shape(value))}")
            if np.isnan(value).any():
                raise ValueError(f"{name} holds NaN")
        if self.output == "s32" and (self.x_zero_point or self.y_zero_point):
            raise ValueError("s32 output is the bare product; it takes no zero points")
        if self.output == "s32" and not (self.is_plain and self.table is None):
            raise ValueError(
                "s32 output is the bare product; it takes no activation, residual, token scales "
                "or table"
            )
        if self.output not in _BYTES:
            if self.y_scale != 1 or self.y_zero_point:
                raise ValueError(f"y_scale and y_zero_point are for u8 and s8, not {self.output}")
            if self.table is not None:
                raise ValueError(f"a table takes bytes: it is for u8 and s8, not {self.output}")
        if not _SMALLEST_SCALE <= self.y_scale < np.inf:
            raise ValueError(f"y_scale must be a normal f32 above 0, not {self.y_scale}")
        table, residual, token_scale = self.table, self.residual, self.token_scale
        for name, value, kind in (("table", table, np.ndarray), ("residual", residual, Panels)):
            if value is not None and not isinstance(value, kind):
                raise ValueError(f"{name} is a {kind.__name__}, not a {type(value).__name__}")
        if table is not None and (table.dtype != np.uint8 or table.shape != (256,)):
            raise ValueError(f"a table is u8 [256], not {table.dtype} {list(table.shape)}")
        if tokens is None:
            return
        if residual is not None:
            found = (residual.dtype, residual.channels, residual.tokens)
            if found != ("f32", m, tokens):
                raise ValueError(
                    f"residual is {found[0]} [{found[1]}, {found[2]}], not f32 [{m}, {tokens}]"
                )
        if token_scale is not None and np.shape(token_scale) != (tokens,):
            raise ValueError(f"token_scale must be [{tokens}], not {list(np.shape(token_scale))}")

    @property
    def _zero_point(self) -> int:
        return self.y_zero_point if self.output in _BYTES else 0

    def _by_channel(self, weight: Weight) -> tuple[np.ndarray, np.ndarray]:
        """Scale and bias in float64 [M]."""
        shape = (weight.shape[0],)
        scale = np.broadcast_to(np.asarray(self.scale, np.float64), shape)
        return scale, np.broadcast_to(np.asarray(self.bias, np.float64), shape)

    def _fits(self, weight: Weight) -> bool:
        """Whether no requantised value leaves s32, whatever X is.

        Activations make no value larger by more than 1. Residuals and token scales may change
        from run to run.
        """
        if self.residual is not None or self.token_scale is not None:
            return False
        scale, bias = self._by_channel(weight)
        largest = np.abs(scale) * (255 * 128 * weight.shape[1]) + np.abs(bias) + 1
        bound = largest.max() / self.y_scale + abs(self.y_zero_point)
        return bool(bound <= _FITS)  # false for NaN


def byte_table(
    function: Callable[[np.ndarray], np.ndarray],
    x_scale: float,
    x_zero_point: int,
    y_scale: float,
    y_zero_point: int,
    dtype: str,
) -> np.ndarray:
    """``function`` of quantised bytes as a table, u8 [256], for :attr:`Epilogue.table`.

    Entry b is ``saturate(round(function((q - x_zero_point) * x_scale) / y_scale + y_zero_point))``
    with q the byte b read as ``dtype``, u8 or s8, which is also the type of what it holds.
    ``function`` takes and gives float64 [256]. Raises ValueError for another dtype.
    """
    if dtype not in _BYTES:
        raise ValueError(f"a table is for u8 or s8, not {dtype!r}")
    kind = _BYTES[dtype]
    stored = np.arange(256, dtype=np.uint8).view(kind).astype(np.float64)
    value = function((stored - x_zero_point) * x_scale) / y_scale + y_zero_point
    limits = np.iinfo(kind)
    return np.rint(np.clip(value, limits.min, limits.max)).astype(kind).view(np.uint8)


def _padded(values: np.ndarray, tokens: int) -> np.ndarray:
    """A copy of ``values`` [tokens], f32, as long as the panels are."""
    from spbench.kernels._native.spmm import panel_capacity

    whole = np.ones(panel_capacity(tokens), np.float32)
    whole[:tokens] = values
    return whole
