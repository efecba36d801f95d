"""The numbers of a problem: weights and activations, the same in every process."""

from __future__ import annotations

import numpy as np

from spbench.formats import BlockSparseMatrix, GemmData, GemmProblem


def make_data(problem: GemmProblem) -> GemmData:
    """Numbers for a problem, a pure function of it.

    Random weights: exactly ``round((1 - sparsity) * blocks)`` blocks, uniform
    over the matrix, values uniform in -127 .. 127 without 0. Activations
    uniform in 0 .. 255. Model weights: quantised per output channel,
    symmetric, and cut into blocks wherever one holds a nonzero.
    """
    generator = np.random.default_rng(problem.seed)
    if problem.weights == "random":
        weight = random_weight(problem, generator)
    else:
        from spbench.quantization import model_weight

        weight = model_weight(problem.weights, problem.pattern)
    x = generator.integers(0, 256, (problem.k, problem.n), dtype=np.uint8)
    return GemmData(problem, weight, x)


def random_weight(problem: GemmProblem, generator: np.random.Generator) -> BlockSparseMatrix:
    """A block-sparse s8 matrix with an exact number of blocks at random places."""
    m, k, block = problem.m, problem.k, problem.pattern
    grid_rows, grid_cols = block.grid(m, k)
    blocks = grid_rows * grid_cols
    kept = generator.choice(blocks, round((1 - problem.sparsity) * blocks), replace=False)
    kept.sort()
    data = generator.integers(1, 128, (len(kept), block.rows, block.cols), dtype=np.int8)
    data *= generator.choice(np.array([-1, 1], np.int8), data.shape)
    rows, cols = np.divmod(kept, grid_cols)
    data[rows == grid_rows - 1, m - (grid_rows - 1) * block.rows :, :] = 0
    data[cols == grid_cols - 1, :, k - (grid_cols - 1) * block.cols :] = 0
    indptr = np.zeros(grid_rows + 1, np.int64)
    np.cumsum(np.bincount(rows, minlength=grid_rows), out=indptr[1:])
    return BlockSparseMatrix((m, k), block, indptr, cols.astype(np.int32), data)
