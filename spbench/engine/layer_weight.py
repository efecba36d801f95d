"""A layer's weight in the form that multiplies fastest: block-sparse or dense int8."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spbench.formats import BlockShape, BlockSparseMatrix
from spbench.kernels import DenseWeight, PackedWeight
from spbench.quantization import quantize_weight

BLOCK = BlockShape(4, 1)
_LEAST_SPARSITY = 0.05
"""Of stored blocks, above which they beat the dense kernel: both need the same 16 vpdpbusd a group,
and the channel numbers of a block cost a few loads beside them."""


@dataclass(frozen=True, eq=False)
class LayerWeight:
    """W, packed, and the scale f32 [M] of each output channel."""

    packed: PackedWeight | DenseWeight
    scale: np.ndarray
    sparsity: float  # of stored blocks

    @classmethod
    def of(cls, weight: np.ndarray) -> LayerWeight:
        """Quantise W f32 [M, K] and pack it."""
        quantised, scale = quantize_weight(weight)
        blocks = BlockSparseMatrix.from_dense(quantised, BLOCK)
        is_sparse = blocks.sparsity > _LEAST_SPARSITY
        packed = PackedWeight.pack(blocks) if is_sparse else DenseWeight.pack(quantised)
        return cls(packed, scale, blocks.sparsity)

    @property
    def nbytes(self) -> int:
        """Weights and indices."""
        return self.packed.weights.nbytes + self.packed.index_bytes

    @property
    def form(self) -> str:
        """``"dense"`` or the block shape."""
        return str(self.packed.block) if isinstance(self.packed, PackedWeight) else "dense"
