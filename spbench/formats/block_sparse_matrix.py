"""A matrix of which whole R x C blocks are stored: the border between pruning and kernels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spbench.formats.block_shape import BlockShape


@dataclass(frozen=True, eq=False)
class BlockSparseMatrix:
    """Block compressed sparse rows (BSR), block rows in order, columns ascending in each.

    Attributes
    ----------
    shape : (M, K)
        Logical shape; where the block does not divide it, edge blocks are
        padded with zeros in ``data``.
    block : BlockShape
        R x C.
    indptr : int64 [block_rows + 1]
        ``data[indptr[i]:indptr[i + 1]]`` are the blocks of block row ``i``.
    indices : int32 [blocks]
        Block column of each stored block.
    data : [blocks, R, C]
        The weights, any dtype.
    """

    shape: tuple[int, int]
    block: BlockShape
    indptr: np.ndarray
    indices: np.ndarray
    data: np.ndarray

    @classmethod
    def from_dense(cls, weight: np.ndarray, block: BlockShape) -> BlockSparseMatrix:
        """Keep every block of ``weight`` [M, K] that holds a nonzero.

        Raises :class:`~spbench.errors.InputError` for a block too large to be stored.
        """
        block.require_storable()
        blocks = to_blocks(weight, block)
        kept = _nonzero(blocks)
        flat = np.flatnonzero(kept)
        indptr = np.zeros(kept.shape[0] + 1, np.int64)
        np.cumsum(kept.sum(axis=1), out=indptr[1:])
        return cls(
            shape=(weight.shape[0], weight.shape[1]),
            block=block,
            indptr=indptr,
            indices=(flat % kept.shape[1]).astype(np.int32),
            data=_padded(_take(blocks, flat), block),
        )

    def to_dense(self) -> np.ndarray:
        """The full matrix [M, K], zeros where no block is stored."""
        m, k = self.shape
        grid_rows, grid_cols = self.block.grid(m, k)
        blocks = np.zeros((grid_rows, grid_cols, self.block.rows, self.block.cols), self.data.dtype)
        block_rows = np.repeat(np.arange(grid_rows), np.diff(self.indptr))
        blocks[block_rows, self.indices] = self.data
        return np.ascontiguousarray(
            blocks.transpose(0, 2, 1, 3).reshape(
                grid_rows * self.block.rows, grid_cols * self.block.cols
            )[:m, :k]
        )

    @property
    def stored_blocks(self) -> int:
        return len(self.indices)

    @property
    def stored_weights(self) -> int:
        """Weights inside stored blocks, padding at the edges not counted."""
        m, k = self.shape
        rows, cols = self.block.rows, self.block.cols
        block_rows = np.repeat(np.arange(len(self.indptr) - 1), np.diff(self.indptr))
        heights = np.minimum(rows, m - block_rows * rows)
        widths = np.minimum(cols, k - self.indices.astype(np.int64) * cols)
        return int((heights * widths).sum())

    @property
    def sparsity(self) -> float:
        """Share of the M x K weights that lie in no stored block."""
        return 1.0 - self.stored_weights / (self.shape[0] * self.shape[1])


def to_blocks(weight: np.ndarray, block: BlockShape) -> np.ndarray:
    """View or zero-padded copy of ``weight`` [M, K] as [block_rows, block_cols, R, C].

    Of a block that is larger than the matrix only the part inside is taken: R and
    C are then smaller than the block's own.
    """
    m, k = weight.shape
    block = block.clipped(m, k)
    grid_rows, grid_cols = block.grid(m, k)
    pad_m, pad_k = grid_rows * block.rows - m, grid_cols * block.cols - k
    if pad_m or pad_k:
        weight = np.pad(weight, ((0, pad_m), (0, pad_k)))
    return weight.reshape(grid_rows, block.rows, grid_cols, block.cols).transpose(0, 2, 1, 3)


def _nonzero(blocks: np.ndarray) -> np.ndarray:
    """Which blocks [rows, cols, r, c] hold a nonzero: along whole rows first, which is fast."""
    columns = blocks.any(axis=2)
    found = columns[..., 0].copy()
    for column in range(1, columns.shape[2]):
        found |= columns[..., column]
    return found


def _take(blocks: np.ndarray, flat: np.ndarray) -> np.ndarray:
    """Blocks [rows, cols, r, c] by their numbers, each moved as one record."""
    r, c = blocks.shape[2:]
    record = np.dtype((np.void, r * c * blocks.itemsize))
    records = np.ascontiguousarray(blocks).reshape(-1, r * c).view(record)
    return records[flat, 0].view(blocks.dtype).reshape(-1, r, c)


def _padded(blocks: np.ndarray, block: BlockShape) -> np.ndarray:
    """Blocks [count, r, c] of a smaller matrix as [count, R, C], contiguous."""
    _, rows, cols = blocks.shape
    if (rows, cols) != (block.rows, block.cols):
        blocks = np.pad(blocks, ((0, 0), (0, block.rows - rows), (0, block.cols - cols)))
    return np.ascontiguousarray(blocks)
