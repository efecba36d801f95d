"""What passes between the rooms: block shapes, block-sparse matrices, GEMM problems, checkpoints."""

from spbench.formats.block_shape import BlockShape
from spbench.formats.block_sparse_matrix import BlockSparseMatrix
from spbench.formats.gemm_data import GemmData
from spbench.formats.gemm_problem import GemmProblem

__all__ = ["BlockShape", "BlockSparseMatrix", "GemmData", "GemmProblem"]
