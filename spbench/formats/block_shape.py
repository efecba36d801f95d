"""The shape of a pruning block, written RxC: R output channels by C input channels."""

from __future__ import annotations

import re
from dataclasses import dataclass

from spbench.errors import InputError

_TEXT = re.compile(r"(\d+)x(\d+)")


@dataclass(frozen=True, order=True)
class BlockShape:
    """R x C weights that are kept or dropped together.

    ``rows`` counts output channels (rows of W[M, K]), ``cols`` input channels.
    """

    rows: int
    cols: int

    def __post_init__(self) -> None:
        if self.rows < 1 or self.cols < 1:
            raise InputError(f"block shape {self}: both sides must be at least 1, as in 4x1")

    @classmethod
    def parse(cls, text: str) -> BlockShape:
        """Read ``"4x1"``. Raises :class:`InputError` for anything else."""
        match = _TEXT.fullmatch(text.strip().lower())
        if match is None:
            raise InputError(f"block shape {text!r}: write ROWSxCOLS (output x input), as in 4x1")
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.rows}x{self.cols}"

    @property
    def size(self) -> int:
        """Weights in one block."""
        return self.rows * self.cols

    def grid(self, m: int, k: int) -> tuple[int, int]:
        """Block rows and block columns that cover an M x K matrix; edge blocks may be partial."""
        return -(-m // self.rows), -(-k // self.cols)

    def divides(self, m: int, k: int) -> bool:
        """Whether an M x K matrix has no partial blocks at its edges."""
        return m % self.rows == 0 and k % self.cols == 0
