"""Dense int8 weights in the layout of the sparse kernels: the control experiment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spbench.formats.gemm_problem import MOST_K
from spbench.kernels.memory import aligned_empty
from spbench.kernels.packed_weight import channel_dtype, require_exact_sums

_ROWS = 4  # of a block row


@dataclass(frozen=True, eq=False)
class DenseWeight:
    """W s8 [M, K], all of it, packed in groups of four rows by four channels.

    A dense matrix is one block of 4 x K to a block row (cython_kernels/include/spmm.h);
    :class:`~spbench.kernels.Spmm` takes it in place of a :class:`~spbench.kernels.PackedWeight`.

    Attributes
    ----------
    shape : (M, K)
    group_begin : int64 [block_rows + 1]
    weights : s8 [block_rows * ceil(K / 4) * 16]
        In vpdpbusd's order; rows past M are zero.
    channels : u16 or u32 [ceil(K / 4) + 1]
        First channel of each group, the same in all block rows.
    row_sums : int64 [M]
    """

    shape: tuple[int, int]
    group_begin: np.ndarray
    weights: np.ndarray
    channels: np.ndarray
    row_sums: np.ndarray

    @classmethod
    def pack(cls, weight: np.ndarray) -> DenseWeight:
        """Pack ``weight`` s8 [M, K], K at least 4. Raises TypeError or ValueError for another."""
        if weight.dtype != np.int8:
            raise TypeError(f"weights are s8, not {weight.dtype}")
        if weight.ndim != 2 or weight.shape[0] < 1 or weight.shape[1] < 4:
            raise ValueError(f"dense weights are [M, K], K at least 4, not {list(weight.shape)}")
        m, k = weight.shape
        if k > MOST_K:
            signs = (np.maximum(weight, 0), np.minimum(weight, 0))
            require_exact_sums(k, *(part.sum(axis=1, dtype=np.int64) for part in signs))
        block_rows, groups = -(-m // _ROWS), -(-k // 4)
        first = np.arange(groups) * 4
        first[-1] = k - 4  # its four lines exist; channels that the group before has are zero here
        columns = first[:, None] + np.arange(4)
        values = np.zeros((block_rows * _ROWS, groups, 4), np.int8)
        values[:m] = weight[:, columns]
        values[:, -1, : -k % 4] = 0
        packed = aligned_empty(values.size, np.int8)
        packed.reshape(block_rows, groups, _ROWS, 4)[...] = values.reshape(
            block_rows, _ROWS, groups, 4
        ).transpose(0, 2, 1, 3)
        return cls(
            (m, k),
            np.arange(block_rows + 1, dtype=np.int64) * groups,
            packed,
            np.append(first, 0).astype(channel_dtype(k)),
            weight.sum(axis=1, dtype=np.int64),
        )

    @property
    def kernel_block(self) -> tuple[int, int | None]:
        """Rows and columns of the blocks of its kernels, None for all columns."""
        return _ROWS, None

    @property
    def stored_weights(self) -> int:
        """All of them."""
        return self.shape[0] * self.shape[1]

    @property
    def index_bytes(self) -> int:
        """None: a weight's place says where it belongs; the list that all rows share is no index."""
        return 0
