"""What is multiplied: the size, sparsity and origin of one GEMM, without its numbers."""

from __future__ import annotations

from dataclasses import dataclass

from spbench.formats.block_shape import BlockShape


@dataclass(frozen=True)
class GemmProblem:
    """Y[M, N] = W[M, K] . X[K, N], W s8 sparse in blocks, X u8.

    ``m`` output channels, ``k`` input channels, ``n`` tokens. ``weights`` is
    ``"random"``, or ``"<checkpoint folder>:<tensor name>"`` for a layer of a
    model, whose own zeros then decide what is stored.
    """

    m: int
    k: int
    n: int
    pattern: BlockShape
    sparsity: float
    weights: str = "random"
    output: str = "s32"
    seed: int = 0

    @property
    def dense_ops(self) -> int:
        """Operations of the dense product, a multiply and an add counted apart."""
        return 2 * self.m * self.k * self.n

    def __str__(self) -> str:
        return f"{self.m}x{self.k}x{self.n} {self.pattern} {self.sparsity:.0%}"
