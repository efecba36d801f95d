"""A block-sparse matrix as CSR, for libraries that know single weights only."""

from __future__ import annotations

import numpy as np

from spbench.formats import BlockShape, BlockSparseMatrix


def csr_arrays(weight: BlockSparseMatrix) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """``indptr`` int32 [M + 1], ``indices`` int32 [nnz], ``values`` f32 [nnz], columns ascending.

    Zeros inside stored blocks are left out: CSR need not multiply them.
    """
    dense = weight.to_dense()
    rows, columns = np.nonzero(dense)
    indptr = np.zeros(dense.shape[0] + 1, np.int32)
    np.cumsum(np.bincount(rows, minlength=dense.shape[0]), out=indptr[1:])
    return indptr, columns.astype(np.int32), dense[rows, columns].astype(np.float32)


def as_single_weights(block: BlockShape, why: str) -> str:
    """The handicap of a library that is handed blocks weight by weight; none for single weights."""
    return f"{block} blocks run as single weights, as {why}" if block.size > 1 else ""
