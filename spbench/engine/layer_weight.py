"""A layer's weight in the form that multiplies fastest: block-sparse or dense int8."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from spbench.formats import BlockShape, BlockSparseMatrix
from spbench.kernels import DenseWeight, Epilogue, PackedWeight, Panels, Spmm
from spbench.quantization import quantize_weight

BLOCK = BlockShape(4, 1)
_CLEARLY_SPARSE = 0.3
"""Of stored blocks: no kernel pays so much for finding its channels. Below, it is measured."""
_TOKENS = 64
_ROUNDS = 5
_GAIN = 0.97  # less is noise, and dense weights need no indices


@dataclass(frozen=True, eq=False)
class LayerWeight:
    """W, packed, and the scale f32 [M] of each output channel.

    Attributes
    ----------
    packed : PackedWeight or DenseWeight
    scale : f32 [M]
    sparsity : float
        Share of weights that lie in no stored block of 4x1.
    reason : str
        Why it is packed as it is, in a few words.
    """

    packed: PackedWeight | DenseWeight
    scale: np.ndarray
    sparsity: float
    reason: str

    @classmethod
    def of(cls, weight: np.ndarray) -> LayerWeight:
        """Quantise W f32 [M, K] and pack it in the form that is faster on this CPU."""
        quantised, scale = quantize_weight(weight)
        blocks = BlockSparseMatrix.from_dense(quantised, BLOCK)
        if blocks.sparsity == 0:
            return cls(DenseWeight.pack(quantised), scale, 0.0, "no block is zero")
        sparse = PackedWeight.pack(blocks)
        if blocks.sparsity >= _CLEARLY_SPARSE:
            return cls(sparse, scale, blocks.sparsity, "clearly sparse")
        dense = DenseWeight.pack(quantised)
        ratio = _time_ratio(sparse, dense)
        packed = sparse if ratio < _GAIN else dense
        return cls(packed, scale, blocks.sparsity, f"measured: sparse takes {ratio:.2f} of dense")

    @property
    def nbytes(self) -> int:
        """Weights and indices."""
        return self.packed.weights.nbytes + self.packed.index_bytes

    @property
    def form(self) -> str:
        """``"dense"`` or the block shape."""
        return str(self.packed.block) if isinstance(self.packed, PackedWeight) else "dense"


def _time_ratio(sparse: PackedWeight, dense: DenseWeight) -> float:
    """Time of a product with 64 tokens, sparse over dense: best of a few, turn by turn."""
    x = Panels.from_array(np.zeros((dense.shape[1], _TOKENS), np.uint8))
    calls = [Spmm(weight, x, Epilogue("u8"), num_threads=1) for weight in (sparse, dense)]
    best = [float("inf")] * 2
    for _ in range(_ROUNDS):
        for i, call in enumerate(calls):
            start = time.perf_counter_ns()
            call.run()
            best[i] = min(best[i], time.perf_counter_ns() - start)
    return best[0] / best[1]
