"""Activations in the layout that kernels read and write: [panel][channels][width]."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spbench.kernels._native import spmm as native
from spbench.kernels._native import spmm_float as native_float
from spbench.kernels.memory import aligned_empty

DTYPES = {
    "u8": np.uint8,
    "s8": np.int8,
    "s32": np.int32,
    "f32": np.float32,
    "bf16": np.uint16,  # NumPy has no bf16: its bits
}
_FILLED_FROM = {"u8": np.uint8, "f32": np.float32, "bf16": np.float32}


@dataclass(frozen=True, eq=False)
class Panels:
    """An activation of ``channels`` x ``tokens`` as panels of 64, 32 or 16 tokens.

    The order inside a line and the panel widths are described in
    cython_kernels/include/panels.h, for bf16 in panels_bf16.h beside it.

    Attributes
    ----------
    data : u8, s8, s32, f32 or bf16 (its bits, as u16) [channels * capacity]
        All panels, one after another, starting on a cache line. ``capacity`` is
        ``tokens`` rounded up to 16.
    channels, tokens : int
        Logical shape.
    """

    data: np.ndarray
    channels: int
    tokens: int

    @classmethod
    def empty(cls, channels: int, tokens: int, dtype: str) -> Panels:
        """Uninitialised panels; ``dtype`` is one of u8, s8, s32, f32, bf16."""
        capacity = native.panel_capacity(tokens)
        return cls(aligned_empty(channels * capacity, DTYPES[dtype]), channels, tokens)

    @classmethod
    def from_array(cls, x: np.ndarray, dtype: str = "u8") -> Panels:
        """Copy X [channels, tokens] with any strides (``x.T`` of [tokens, channels] is fine).

        ``dtype`` u8 takes u8; f32 and bf16, which rounds to nearest even, take f32. Raises
        TypeError for another dtype and ValueError for another rank or an empty array.
        """
        if x.ndim != 2 or 0 in x.shape:
            raise ValueError(f"activations are [channels, tokens], both at least 1, not {x.shape}")
        panels = cls.empty(x.shape[0], x.shape[1], dtype)
        panels.fill(x)
        return panels

    def fill(self, x: np.ndarray) -> None:
        """Overwrite with X [channels, tokens], any strides; allocates nothing.

        Raises TypeError or ValueError unless X is u8 (in f32 and bf16 panels: f32) and has the
        panels' shape.
        """
        wanted = _FILLED_FROM.get(self.dtype)
        if wanted is None or x.dtype != wanted:
            raise TypeError(f"{self.dtype} panels cannot be filled from {x.dtype} activations")
        if x.shape != (self.channels, self.tokens):
            raise ValueError(f"panels hold {(self.channels, self.tokens)}, not {x.shape}")
        if wanted is np.float32:
            native_float.ToPanels(x, self.dtype, self.data.view(np.uint8)).run()
        else:
            native.pack_panels(x, self.data)

    @classmethod
    def from_floats(cls, values: np.ndarray) -> Panels:
        """Copy values [channels, tokens], such as a residual, into f32 panels.

        Raises ValueError for another rank or an empty array.
        """
        if values.ndim != 2 or 0 in values.shape:
            raise ValueError(f"panels hold [channels, tokens], both at least 1, not {values.shape}")
        panels = cls.empty(values.shape[0], values.shape[1], "f32")
        panels.data.fill(0)
        start = 0
        for width in native.panel_widths(panels.tokens):
            part = values[:, start : start + width]
            first = panels.channels * start
            lines = panels.data[first : first + panels.channels * width]
            lines.reshape(panels.channels, width)[:, : part.shape[1]] = part
            start += width
        return panels

    def to_array(self) -> np.ndarray:
        """Row-major copy [channels, tokens], padding left out; of bf16 as f32."""
        if self.dtype == "bf16":
            y = np.empty((self.channels, self.tokens), np.float32)
            native_float.unpack_bf16(self.data, y)
            return y
        y = np.empty((self.channels, self.tokens), self.data.dtype)
        if y.dtype.itemsize == 1:
            native.unpack_bytes(self.data.view(np.uint8), y.view(np.uint8))
        else:
            native.unpack_words(self.data.view(np.uint32), y.view(np.uint32))
        return y

    @property
    def dtype(self) -> str:
        """u8, s8, s32, f32 or bf16."""
        return next(name for name, dtype in DTYPES.items() if dtype == self.data.dtype)
