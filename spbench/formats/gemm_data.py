"""The numbers of one GEMM: block-sparse weights and activations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spbench.formats.block_sparse_matrix import BlockSparseMatrix
from spbench.formats.gemm_problem import GemmProblem


@dataclass(frozen=True, eq=False)
class GemmData:
    """Weights and activations of one problem.

    Attributes
    ----------
    problem : GemmProblem
    weight : BlockSparseMatrix
        s8, shape (M, K).
    x : u8 [K, N]
        Activations, row-major: one row for each input channel.
    """

    problem: GemmProblem
    weight: BlockSparseMatrix
    x: np.ndarray
