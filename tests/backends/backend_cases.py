"""GEMM cases for tests of backends, with their exact results."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from spbench.backends import backend_class
from spbench.backends.base import Backend
from spbench.backends.handicaps import STORES_F32
from spbench.formats import BlockShape, BlockSparseMatrix, GemmData, GemmProblem
from spbench.gemm.check import check

OWN_FLOAT = ("spbench-f32", "spbench-bf16")
OWN_DENSE = ("spbench-dense",)
RUNTIMES = ("torch-int-mm", "torch-qlinear", "torch-csr", "torch-bsr", "onnxruntime", "openvino")
LIBRARIES = (
    "onednn-f32",
    "onednn-bf16",
    "onednn-csr",
    "onemkl-int8",
    "onemkl-int8-packed",
    "onemkl-bf16",
    "libxsmm-spmdm",
    "libxsmm-int8",
    "libxsmm-bf16",
    "libxsmm-f32",
    "tvm-bsr-f32",
    "tvm-bsr-f32-tuned",
    "tvm-bsr-int8",
)
BASELINES = (
    "onednn",
    "onemkl-dense",
    "onemkl-csr",
    "onemkl-bsr",
    "numpy",
    "scipy-csr",
    *RUNTIMES,
    *LIBRARIES,
)
CHECKED = (*BASELINES, *OWN_DENSE, *OWN_FLOAT)
NEEDS_ZEROS = ("libxsmm-spmdm",)
"""Wrong, in a released version, where all weights of a row are nonzero: `check` ends such cases."""

_BLOCKS = {"onemkl-bsr": "4x4", "torch-bsr": "4x4", "libxsmm-int8": "4x4", "libxsmm-bf16": "4x2"}


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
    return _BLOCKS.get(name, "4x1")


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
        assert result.dtype == (np.float32 if stores_f32(backend) else np.int32)


def stores_f32(backend: Backend) -> bool:
    """Whether an int8 library has no s32 output, and says so."""
    return STORES_F32 in backend.handicaps()


def run_python(script: str) -> None:
    """In a process of its own, with this folder's modules."""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
