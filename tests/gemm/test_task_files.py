"""Numbers arrive in the worker as they left the sweep."""

import numpy as np

from spbench.formats import BlockShape, GemmProblem
from spbench.gemm.data import make_data
from spbench.gemm.reference import reference_product
from spbench.gemm.task import GemmTask


def make(seed):
    problem = GemmProblem(m=9, k=7, n=5, pattern=BlockShape(4, 1), sparsity=0.3, seed=seed)
    data = make_data(problem)
    return data, reference_product(data)


def test_round_trip_and_the_next_case_in_the_same_folder(tmp_path):
    data, reference = make(1)
    task = GemmTask.write(data, reference, 2, tmp_path)
    again, mapped = task.read()
    GemmTask.write(*make(2), 2, tmp_path)
    assert (task.problem, task.threads) == (data.problem, 2)
    assert np.array_equal(again.weight.to_dense(), data.weight.to_dense())
    assert np.array_equal(again.x, data.x) and again.x.flags.writeable
    assert np.array_equal(mapped, reference)


def test_no_block_at_all(tmp_path):
    problem = GemmProblem(m=4, k=4, n=2, pattern=BlockShape(4, 1), sparsity=0.99)
    data = make_data(problem)
    assert data.weight.stored_blocks == 0
    again, reference = GemmTask.write(data, reference_product(data), 1, tmp_path).read()
    assert not again.weight.to_dense().any() and not reference.any()
