"""Block-sparse int8 weights packed for one token at a time (decoding)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spbench.errors import InputError
from spbench.formats import BlockShape, BlockSparseMatrix
from spbench.kernels._native import spmm as native
from spbench.kernels.memory import aligned_empty
from spbench.kernels.packed_weight import require_valid_structure, row_sums

BLOCK = BlockShape(4, 1)


@dataclass(frozen=True, eq=False)
class TokenWeight:
    """W s8 [M, K] packed by chunks of 64 block rows and tiles of 256 input channels.

    The layout is described in cython_kernels/include/spmv.h. An index is one byte a block.

    Attributes
    ----------
    shape : (M, K)
    counts : u8 [chunks * tiles * 17]
    order : u8 [chunks * tiles * 64]
    group_begin : int64 [chunks * tiles + 1]
    channels : u8 [groups * 16]
    weights : s8 [groups * 64]
    row_sums : int64 [M]
    stored_weights : int
    """

    shape: tuple[int, int]
    counts: np.ndarray
    order: np.ndarray
    group_begin: np.ndarray
    channels: np.ndarray
    weights: np.ndarray
    row_sums: np.ndarray
    stored_weights: int

    @classmethod
    def pack(cls, matrix: BlockSparseMatrix) -> TokenWeight:
        """Pack once, run many times.

        Raises :class:`InputError` unless the blocks are 4x1, TypeError unless the weights are
        s8, ValueError for indices that no matrix of this shape has.
        """
        if matrix.data.dtype != np.int8:
            raise TypeError(f"weights are s8, not {matrix.data.dtype}")
        if matrix.block != BLOCK:
            raise InputError(f"no kernel for one token and {matrix.block} blocks, only for {BLOCK}")
        require_valid_structure(matrix)
        chunks, tiles = native.spmv_sizes(*matrix.shape)
        places = chunks * tiles
        counts = np.empty(places * native.SPMV_PLACE_COUNTS, np.uint8)
        order = np.empty(places * native.SPMV_PLACE_ROWS, np.uint8)
        group_begin = np.empty(places + 1, np.int64)
        native.spmv_count(matrix.indptr, matrix.indices, tiles, counts, order, group_begin)
        slots = int(group_begin[-1]) * native.SPMV_GROUP_BLOCKS
        channels = aligned_empty(slots, np.uint8)
        weights = aligned_empty(slots * BLOCK.rows, np.int8)
        data = matrix.data.reshape(matrix.stored_blocks, BLOCK.rows)
        native.spmv_pack(
            matrix.indptr,
            matrix.indices,
            data,
            tiles,
            counts,
            order,
            group_begin,
            channels,
            weights,
        )
        return cls(
            matrix.shape,
            counts,
            order,
            group_begin,
            channels,
            weights,
            row_sums(matrix),
            matrix.stored_weights,
        )

    @property
    def index_bytes(self) -> int:
        """Bytes that say where the weights belong."""
        arrays = (self.channels, self.counts, self.order, self.group_begin)
        return sum(array.nbytes for array in arrays)
