"""The truth, held against itself: the loop spelt out and the BLAS product."""

import numpy as np
import pytest

from spbench.formats import BlockShape, BlockSparseMatrix, GemmData, GemmProblem
from spbench.gemm.data import make_data
from spbench.gemm.reference import float64_product, reference_product, triple_loop


@pytest.mark.parametrize("size", [(1, 1, 1), (4, 4, 4), (7, 5, 3), (16, 17, 15), (13, 32, 9)])
@pytest.mark.parametrize("sparsity", [0.0, 0.5, 0.99])
def test_blas_product_equals_the_loop(size, sparsity):
    m, k, n = size
    problem = GemmProblem(m=m, k=k, n=n, pattern=BlockShape(4, 1), sparsity=sparsity, seed=3)
    data = make_data(problem)
    weight = data.weight.to_dense()
    expected = triple_loop(weight, data.x.T)
    assert np.array_equal(float64_product(weight, data.x.T), expected)
    assert np.array_equal(reference_product(data), expected)
    assert reference_product(data).dtype == np.int32


def test_extremes_are_exact():
    weight = np.full((2, 4096), -128, np.int8)
    x = np.full((3, 4096), 255, np.uint8)
    block = BlockShape(1, 1)
    problem = GemmProblem(m=2, k=4096, n=3, pattern=block, sparsity=0)
    data = GemmData(problem, BlockSparseMatrix.from_dense(weight, block), x)
    assert (reference_product(data) == -128 * 255 * 4096).all()
