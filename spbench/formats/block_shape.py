"""The shape of a pruning block, written RxC: R output channels by C input channels."""

from __future__ import annotations

import re
from dataclasses import dataclass

from spbench.errors import InputError
from spbench.formats.side import MAX_SIDE, SIDE, read_side

_TEXT = re.compile(f"({SIDE})x({SIDE})")

MAX_STORED = 1 << 16
"""Weights of the largest block that is stored; kernels of this field stop at 64x64."""


@dataclass(frozen=True, order=True)
class BlockShape:
    """R x C weights that are kept or dropped together.

    ``rows`` counts output channels (rows of W[M, K]), ``cols`` input channels.
    """

    rows: int
    cols: int

    def __post_init__(self) -> None:
        if not (1 <= self.rows <= MAX_SIDE and 1 <= self.cols <= MAX_SIDE):
            raise InputError(f"block shape {self}: both sides must be 1 to {MAX_SIDE}, as in 4x1")

    @classmethod
    def parse(cls, text: str) -> BlockShape:
        """Read ``"4x1"``. Raises :class:`InputError` for anything else."""
        match = _TEXT.fullmatch(text.strip().lower())
        if match is None:
            raise InputError(f"block shape {text!r}: write ROWSxCOLS (output x input), as in 4x1")
        return cls(*(read_side(digits, f"block shape {match[0]}") for digits in match.groups()))

    def __str__(self) -> str:
        return f"{self.rows}x{self.cols}"

    @property
    def size(self) -> int:
        """Weights in one block."""
        return self.rows * self.cols

    def grid(self, m: int, k: int) -> tuple[int, int]:
        """Block rows and block columns that cover an M x K matrix; edge blocks may be partial."""
        return -(-m // self.rows), -(-k // self.cols)

    def clipped(self, m: int, k: int) -> BlockShape:
        """The part of the first block that an M x K matrix holds; it covers by the same grid."""
        return BlockShape(min(self.rows, max(1, m)), min(self.cols, max(1, k)))

    def require_storable(self) -> None:
        """Raises :class:`InputError` for a block that is too large to be stored padded."""
        if self.size > MAX_STORED:
            raise InputError(f"block shape {self}: more than {MAX_STORED} weights in a block")

    def divides(self, m: int, k: int) -> bool:
        """Whether an M x K matrix has no partial blocks at its edges."""
        return m % self.rows == 0 and k % self.cols == 0
