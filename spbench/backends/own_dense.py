"""spbench's dense int8 kernels: the layout of the sparse ones, and nothing skipped.

The control experiment: what sparsity is worth when all else is equal. Zeros are multiplied like any
other weight. Prepared, laid out and timed as the sparse kernels are (``own.py``).
"""

from __future__ import annotations

from spbench.backends.own import Own
from spbench.formats import BlockShape, BlockSparseMatrix, GemmProblem
from spbench.kernels import DenseWeight, PackedWeight


class OwnDense(Own):
    """The kernels in cython_kernels/dense/."""

    name = "spbench-dense"
    title = "spbench dense int8"
    sparse = False

    def supports(self, problem: GemmProblem, threads: int) -> str:
        return ""

    def _takes_tokens(self, problem: GemmProblem) -> bool:
        return False

    def _pack(self, weight: BlockSparseMatrix) -> DenseWeight | PackedWeight:
        """A group of four channels has no room in fewer: then as 4x1 blocks, all of them stored."""
        dense = weight.to_dense()
        if weight.shape[1] >= 4:
            return DenseWeight.pack(dense)
        return PackedWeight.pack(BlockSparseMatrix.from_dense(dense, BlockShape(4, 1)))
