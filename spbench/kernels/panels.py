"""Activations in the layout that kernels read and write: [panel][channels][width]."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spbench.kernels._native import spmm as native
from spbench.kernels.memory import aligned_empty

DTYPES = {"u8": np.uint8, "s8": np.int8, "s32": np.int32, "f32": np.float32}


@dataclass(frozen=True, eq=False)
class Panels:
    """An activation of ``channels`` x ``tokens`` as panels of 64, 32 or 16 tokens.

    The byte order inside a line and the panel widths are described in
    cython_kernels/include/panels.h.

    Attributes
    ----------
    data : u8, s8, s32 or f32 [channels * capacity]
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
        """Uninitialised panels; ``dtype`` is one of u8, s8, s32, f32."""
        capacity = native.panel_capacity(tokens)
        return cls(aligned_empty(channels * capacity, DTYPES[dtype]), channels, tokens)

    @classmethod
    def from_array(cls, x: np.ndarray) -> Panels:
        """Copy X, u8 [channels, tokens] with any strides (``x.T`` of [tokens, channels] is fine).

        Raises TypeError for another dtype and ValueError for another rank or an
        empty array.
        """
        if x.ndim != 2 or 0 in x.shape:
            raise ValueError(f"activations are [channels, tokens], both at least 1, not {x.shape}")
        panels = cls.empty(x.shape[0], x.shape[1], "u8")
        panels.fill(x)
        return panels

    def fill(self, x: np.ndarray) -> None:
        """Overwrite with X, u8 [channels, tokens], any strides; allocates nothing.

        Raises TypeError or ValueError unless X is u8 and has the panels' shape.
        """
        if x.dtype != np.uint8 or self.dtype != "u8":
            raise TypeError(f"activations are u8, not {x.dtype} in {self.dtype} panels")
        if x.shape != (self.channels, self.tokens):
            raise ValueError(f"panels hold {(self.channels, self.tokens)}, not {x.shape}")
        native.pack_panels(x, self.data)

    def to_array(self) -> np.ndarray:
        """Row-major copy [channels, tokens], padding left out."""
        y = np.empty((self.channels, self.tokens), self.data.dtype)
        if y.dtype.itemsize == 1:
            native.unpack_bytes(self.data.view(np.uint8), y.view(np.uint8))
        else:
            native.unpack_words(self.data.view(np.uint32), y.view(np.uint32))
        return y

    @property
    def dtype(self) -> str:
        """u8, s8, s32 or f32."""
        return next(name for name, dtype in DTYPES.items() if dtype == self.data.dtype)
