"""GEMM cases for tests of backends, with their exact results."""

from __future__ import annotations

import numpy as np
import pytest

from spbench.backends import backend_class
from spbench.backends.base import Backend
from spbench.formats import BlockShape, BlockSparseMatrix, GemmData, GemmProblem
from spbench.gemm.check import check

BASELINES = ("onednn", "onemkl-dense", "onemkl-csr", "onemkl-bsr", "numpy", "scipy-csr")
OWN_FLOAT = ("spbench-f32", "spbench-bf16")
OWN_DENSE = ("spbench-dense",)
CHECKED = (*BASELINES, *OWN_DENSE, *OWN_FLOAT)


def make_case(weight: np.ndarray, x: np.ndarray, block: str = "4x1") -> GemmData:
    """A case of given numbers: ``weight`` s8 [M, K], ``x`` u8 [N, K]."""
    pattern = BlockShape.parse(block)
    problem = GemmProblem(*weight.shape, x.shape[0], pattern, sparsity=0.0)
    return GemmData(problem, BlockSparseMatrix.from_dense(weight, pattern), x)


def exact(data: GemmData) -> np.ndarray:
    """Y int32 [M, N], in integers."""
    return data.weight.to_dense().astype(np.int32) @ data.x.T.astype(np.int32)


def installed(name: str) -> Backend:
    """A backend, or a skipped test that says why."""
    kind = backend_class(name)
    availability = kind.available()
    if not availability.ok:
        pytest.skip(f"{name}: {availability.reason}")
    return kind()


def block_for(name: str) -> str:
    return "4x4" if name == "onemkl-bsr" else "4x1"


def assert_exact(backend: Backend, data: GemmData, threads: int = 1, runs: int = 3) -> None:
    """A case from supports() to result() gives what integers give."""
    assert backend.supports(data.problem, threads) == ""
    backend.prepare(data, threads)
    converted = backend.layout(data.x)
    assert converted.count == 1
    assert converted.wall_ns >= 0
    timing = backend.run(runs)
    assert timing.count == runs
    assert timing.wall_ns > 0
    assert timing.cpu_ns > 0
    result = backend.result()
    assert check(result, exact(data), backend.tolerance) == ""
    if backend.dtype == "u8s8s32":
        assert result.dtype == np.int32
