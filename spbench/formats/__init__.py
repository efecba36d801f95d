"""What passes between the rooms: block shapes, block-sparse matrices, checkpoints."""

from spbench.formats.block_shape import BlockShape
from spbench.formats.block_sparse_matrix import BlockSparseMatrix

__all__ = ["BlockShape", "BlockSparseMatrix"]
