"""Block-sparse int8 weights packed for a few tokens at a time (decoding)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spbench.errors import InputError
from spbench.formats import BlockShape, BlockSparseMatrix
from spbench.kernels._native import spmm as native
from spbench.kernels.memory import aligned_empty
from spbench.kernels.packed_weight import require_valid_structure, row_sums


@dataclass(frozen=True, eq=False)
class TokenWeight:
    """W s8 [M, K] packed by chunks of 64 block rows and tiles of 256 input channels.

    The layout is described in cython_kernels/include/spmv.h. An index is one byte a block.

    Attributes
    ----------
    shape : (M, K)
    block : BlockShape
    order : u8 [chunks * tiles * 64]
    groups : u8 [chunks * tiles * 16]
    group_begin : int64 [chunks * tiles + 1]
    channels : u8 [groups * 16 + 48]
    weights : s8 [groups * 16 * R]
    row_sums : int64 [M]
    stored_weights : int
    """

    shape: tuple[int, int]
    block: BlockShape
    order: np.ndarray
    groups: np.ndarray
    group_begin: np.ndarray
    channels: np.ndarray
    weights: np.ndarray
    row_sums: np.ndarray
    stored_weights: int

    @classmethod
    def pack(cls, matrix: BlockSparseMatrix) -> TokenWeight:
        """Pack once, run many times.

        Raises :class:`InputError` for a block shape that no kernel has, TypeError unless the
        weights are s8, ValueError for indices that no matrix of this shape has.
        """
        if matrix.data.dtype != np.int8:
            raise TypeError(f"weights are s8, not {matrix.data.dtype}")
        require_token_kernel(matrix.block)
        require_valid_structure(matrix)
        chunks, tiles = native.spmv_sizes(*matrix.shape, matrix.block.rows)
        places = chunks * tiles
        order = np.empty(places * native.SPMV_PLACE_ROWS, np.uint8)
        groups = np.empty(places * native.SPMV_PLACE_SLICES, np.uint8)
        begin = np.empty(places + 1, np.int64)
        native.spmv_count(matrix.indptr, matrix.indices, tiles, order, groups, begin)
        slots = int(begin[-1]) * native.SPMV_GROUP_BLOCKS
        channels = aligned_empty(slots + native.SPMV_SLACK_BYTES, np.uint8)
        weights = aligned_empty(slots * matrix.block.rows, np.int8)
        data = matrix.data.reshape(matrix.stored_blocks, matrix.block.rows)
        native.spmv_pack(
            matrix.indptr, matrix.indices, data, tiles, order, groups, begin, channels, weights
        )
        return cls(
            matrix.shape,
            matrix.block,
            order,
            groups,
            begin,
            channels,
            weights,
            row_sums(matrix),
            matrix.stored_weights,
        )

    @property
    def index_bytes(self) -> int:
        """Bytes that say where the weights belong."""
        arrays = (self.channels, self.order, self.groups, self.group_begin)
        return sum(array.nbytes for array in arrays)


def token_block_shapes() -> list[BlockShape]:
    """Block shapes that kernels for a few tokens exist for."""
    return sorted({BlockShape(*kernel["block"]) for kernel in native.spmv_kernel_table()})


def require_token_kernel(block: BlockShape) -> None:
    """Raise :class:`InputError`, naming the shapes that exist, unless ``block`` is among them."""
    if block not in token_block_shapes():
        known = ", ".join(map(str, token_block_shapes()))
        raise InputError(f"no kernel for a few tokens and {block} blocks, only for {known}")
