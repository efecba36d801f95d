"""The numbers of one GEMM: block-sparse weights, activations, and what its epilogue needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spbench.formats.block_sparse_matrix import BlockSparseMatrix
from spbench.formats.gemm_problem import GemmProblem


@dataclass(frozen=True, eq=False)
class GemmData:
    """Weights, activations and epilogue of one problem.

    Attributes
    ----------
    problem : GemmProblem
    weight : BlockSparseMatrix
        s8, shape (M, K).
    x : u8 [N, K]
        Activations X^T, row-major: one row for each token, as transformers hold them.
    scale, bias : f32 [M], or None
        Of the epilogue, in units of the value (see :class:`GemmProblem`); None where the problem has none.
    residual : f32 [M, N], or None
        Where the problem's epilogue adds one.
    """

    problem: GemmProblem
    weight: BlockSparseMatrix
    x: np.ndarray
    scale: np.ndarray | None = None
    bias: np.ndarray | None = None
    residual: np.ndarray | None = None
