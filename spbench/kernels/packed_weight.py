"""Block-sparse int8 weights in the order in which kernels read them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spbench.errors import InputError
from spbench.formats import BlockShape, BlockSparseMatrix
from spbench.formats.gemm_problem import MOST_K
from spbench.kernels._native import spmm as native
from spbench.kernels.memory import aligned_empty

_NARROW_CHANNELS = 65536  # channel numbers below this fit u16


@dataclass(frozen=True, eq=False)
class PackedWeight:
    """W s8 [M, K] packed in groups of four input channels (cython_kernels/include/spmm.h).

    Attributes
    ----------
    shape : (M, K)
    block : BlockShape
    group_begin : int64 [block_rows + 1]
        First group of each block row.
    weights : s8 [groups * 4 * R]
        In vpdpbusd's order.
    channels : u16 or u32 [(groups + 1) * 4 / C]
        Input channels of each group (C = 1: four; C = 4: the first of four neighbours), and of
        one more that kernels may read ahead; u32 only where K > 65536.
    row_sums : int64 [M]
        Sum of each row of W, which is what a zero point of X adds to the product.
    stored_weights : int
        Weights in stored blocks, without the padding of groups and edges.
    """

    shape: tuple[int, int]
    block: BlockShape
    group_begin: np.ndarray
    weights: np.ndarray
    channels: np.ndarray
    row_sums: np.ndarray
    stored_weights: int

    @classmethod
    def pack(cls, matrix: BlockSparseMatrix) -> PackedWeight:
        """Pack once, run many times.

        Raises :class:`InputError` for a block shape that no kernel has, TypeError
        unless the weights are s8, ValueError for indices that no matrix of this shape has.
        """
        if matrix.data.dtype != np.int8:
            raise TypeError(f"weights are s8, not {matrix.data.dtype}")
        require_valid_structure(matrix)
        require_kernel(matrix.block)
        if matrix.shape[1] < matrix.block.cols:  # a group's lines must exist
            matrix = BlockSparseMatrix.from_dense(
                matrix.to_dense(), BlockShape(matrix.block.rows, 1)
            )
        k, data = matrix.shape[1], np.ascontiguousarray(matrix.data)
        group_begin = np.empty(len(matrix.indptr), np.int64)
        native.count_groups(matrix.indptr, matrix.indices, data, k, group_begin)
        groups = int(group_begin[-1])
        weights = aligned_empty(groups * 4 * matrix.block.rows, np.int8)
        channels = aligned_empty(
            (groups + 1) * (4 // matrix.block.cols),
            channel_dtype(k),
        )
        native.pack_weight(matrix.indptr, matrix.indices, data, k, group_begin, weights, channels)
        return cls(
            matrix.shape,
            matrix.block,
            group_begin,
            weights,
            channels,
            row_sums(matrix),
            matrix.stored_weights,
        )

    @property
    def kernel_block(self) -> tuple[int, int]:
        """Rows and columns of the blocks of its kernels."""
        return self.block.rows, self.block.cols

    @property
    def index_bytes(self) -> int:
        """Bytes that say where the weights belong."""
        return self.channels.nbytes + self.group_begin.nbytes


def packed_index_bytes(block: BlockShape, k: int, blocks_of_row: np.ndarray) -> int:
    """What :attr:`PackedWeight.index_bytes` will be, from the stored blocks of each block row.

    ``block`` has a kernel; ``k``, at least its columns, are the input channels of W.
    """
    each = 4 // block.cols
    groups = int((-(-blocks_of_row // each)).sum())
    return (groups + 1) * each * np.dtype(channel_dtype(k)).itemsize + 8 * (len(blocks_of_row) + 1)


def channel_dtype(k: int) -> type:
    """As narrow as ``k`` input channels allow."""
    return np.uint32 if k > _NARROW_CHANNELS else np.uint16


def block_shapes() -> list[BlockShape]:
    """Block shapes that kernels exist for."""
    blocks = {kernel["block"] for kernel in native.kernel_table()}
    return sorted(BlockShape(*block) for block in blocks if block[1])


def require_kernel(block: BlockShape) -> None:
    """Raise :class:`InputError`, naming the shapes that exist, unless ``block`` is among them."""
    if block not in block_shapes():
        known = ", ".join(map(str, block_shapes()))
        raise InputError(f"no kernel for {block} blocks; kernels exist for {known}")


def require_valid_structure(matrix: BlockSparseMatrix) -> None:
    """Kernels follow the indices blindly, so they are looked at once."""
    block_rows, block_cols = matrix.block.grid(*matrix.shape)
    indptr, indices = matrix.indptr, matrix.indices
    if len(indptr) != block_rows + 1 or indptr[0] != 0 or (np.diff(indptr) < 0).any():
        raise ValueError(f"indptr does not describe {block_rows} block rows")
    if indptr[-1] != len(indices) or len(matrix.data) != len(indices):
        raise ValueError("indptr, indices and data do not have the same number of blocks")
    if len(indices) and not 0 <= indices.min() <= indices.max() < block_cols:
        raise ValueError(f"block columns must lie in 0 .. {block_cols - 1}")
    starts_row = np.zeros(len(indices) + 1, bool)
    starts_row[indptr[:-1]] = True
    if not (starts_row[1:-1] | (np.diff(indices) > 0)).all():
        raise ValueError("block columns must ascend within a block row, each once")


def require_exact_sums(k: int, positive: np.ndarray, negative: np.ndarray) -> None:
    """Sums of u8 times s8 are s32: raises ValueError if activations exist for which one is not.

    ``positive`` and ``negative`` are the sums of each row's weights above and below zero.
    """
    largest = 255 * max(positive.max(initial=0), -negative.min(initial=0))
    if k > MOST_K and largest > np.iinfo(np.int32).max:
        raise ValueError(f"{k} input channels with such weights: their sums can leave s32")


def row_sums(matrix: BlockSparseMatrix) -> np.ndarray:
    """Sum of each row of W, int64 [M]. Raises ValueError where s32 cannot hold its products."""
    if matrix.shape[1] > MOST_K:
        above, below = np.maximum(matrix.data, 0), np.minimum(matrix.data, 0)
        require_exact_sums(matrix.shape[1], _row_sums(matrix, above), _row_sums(matrix, below))
    return _row_sums(matrix, matrix.data)


def _row_sums(matrix: BlockSparseMatrix, data: np.ndarray) -> np.ndarray:
    totals = np.zeros((len(data) + 1, matrix.block.rows), np.int64)
    np.cumsum(data.sum(axis=2, dtype=np.int64), axis=0, out=totals[1:])
    sums = totals[matrix.indptr[1:]] - totals[matrix.indptr[:-1]]
    return sums.reshape(-1)[: matrix.shape[0]]
