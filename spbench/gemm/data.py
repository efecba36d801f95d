"""The numbers of a problem: weights, activations and epilogue, the same in every process."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from spbench.formats import BlockSparseMatrix, GemmData, GemmProblem
from spbench.formats.gemm_problem import STEPS_A_UNIT

X_MEAN, X_DEVIATION = 127.5, np.sqrt((256**2 - 1) / 12)
"""Of activations that are uniform in 0 .. 255."""


def make_data(problem: GemmProblem, weight: BlockSparseMatrix | None = None) -> GemmData:
    """Numbers for a problem, a pure function of it.

    Random weights: exactly ``round((1 - sparsity) * blocks)`` blocks, uniform
    over the matrix, values uniform in -127 .. 127 without 0. Activations
    uniform in 0 .. 255. Model weights: quantised per output channel,
    symmetric, and cut into blocks wherever one holds a nonzero. A model's ``weight``
    may be handed in, where it lies elsewhere than the problem says. Weights and
    activations do not depend on the output.
    """
    generator = np.random.default_rng(problem.seed)
    if problem.weights == "random":
        weight = random_weight(problem, generator)
    elif weight is None:
        from spbench.quantization import model_weight

        weight = model_weight(problem.weights, problem.pattern)
    x = generator.integers(0, 256, (problem.n, problem.k), dtype=np.uint8)
    if problem.epilogue == "none":
        return GemmData(problem, weight, x)
    spread = STEPS_A_UNIT if problem.is_usual else 1
    scale, bias = make_epilogue(weight, generator, spread)
    residual = None
    if problem.epilogue == "residual":
        residual = generator.standard_normal((problem.m, problem.n), np.float32)
    return GemmData(problem, weight, x, scale, bias, residual)


def narrow(data: GemmData, bits: int) -> GemmData:
    """The case with activations of ``bits`` bits; the channels' scales make up for the rest."""
    dropped = 8 - bits
    if dropped == 0:
        return data
    scale = None if data.scale is None else data.scale * np.float32(1 << dropped)
    return replace(data, x=data.x >> dropped, scale=scale)


def make_epilogue(
    weight: BlockSparseMatrix, generator: np.random.Generator, spread: float
) -> tuple[np.ndarray, np.ndarray]:
    """Scale and bias, f32 [M] each, that give a channel's results the deviation ``spread``.

    With activations uniform in 0 .. 255 a result has a known mean and deviation: the bias takes
    the mean away, as the zero point of X does in a quantised layer, and the scale sets the
    deviation. Both differ by channel. ``spread`` is ``STEPS_A_UNIT`` steps of a byte: its ends
    are 4 deviations away, so a channel comes nowhere near them on average, some results of most
    do. Where an activation follows it is 1, the unit in which GELU and tanh bend.
    """
    dense = weight.to_dense().astype(np.float64)
    mean = X_MEAN * dense.sum(axis=1)
    deviation = X_DEVIATION * np.sqrt(np.square(dense).sum(axis=1))
    deviation[deviation == 0] = 1  # a channel without weights
    scale = spread * generator.uniform(0.75, 1.25, len(mean)) / deviation
    bias = generator.uniform(-spread / 2, spread / 2, len(mean)) - scale * mean
    return scale.astype(np.float32), bias.astype(np.float32)


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
