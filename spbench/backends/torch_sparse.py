"""PyTorch, sparse f32: its CSR and BSR matrices, which oneMKL multiplies.

Prepared beforehand: the matrix, with int32 indices. Layout: X as f32 [K, N], so transposed.
Timed: ``torch.mm(W, X, out=Y)``, for one token in CSR ``torch.mv``, 2 to 3 times as fast.
PyTorch hands the matrix to oneMKL anew in each call, so that nothing is optimised beforehand.
"""

from __future__ import annotations

import warnings
from abc import abstractmethod
from functools import partial
from typing import Any

import numpy as np

from spbench.backends.base import Footprint, Timing
from spbench.backends.calls import loop_in_python
from spbench.backends.csr import csr_arrays
from spbench.backends.torch_library import TorchBackend, onemkl, onemkl_handicap
from spbench.formats import BlockSparseMatrix, GemmData, GemmProblem


class _TorchSparse(TorchBackend):
    """What both have in common."""

    dtype = "f32"
    sparse = True
    tolerance = 1e-5  # sums of integers, exact in f32 up to 2^24

    def supports(self, problem: GemmProblem, threads: int) -> str:
        if problem.output != "s32":
            return f"output {problem.output}: PyTorch's sparse f32 has no epilogue"
        return ""

    @abstractmethod
    def _create(self, weight: BlockSparseMatrix) -> Any:
        """The matrix; also sets ``self._arrays`` and ``self._stored_weights``."""

    def _build(self, data: GemmData) -> None:
        import torch

        self._m, n = data.weight.shape[0], data.problem.n
        with warnings.catch_warnings(action="ignore"):  # such tensors are in beta
            self._weights = self._create(data.weight)
        padded_m, padded_k = self._weights.shape
        self._x = np.full((padded_k, n), 0, np.float32)
        self._y = np.full((padded_m, n), 0, np.float32)
        x, y = torch.from_numpy(self._x), torch.from_numpy(self._y)
        if n == 1 and self._weights.layout == torch.sparse_csr:
            self._call = partial(torch.mv, self._weights, x[:, 0], out=y[:, 0])
        else:
            self._call = partial(torch.mm, self._weights, x, out=y)

    def layout(self, x: np.ndarray) -> Timing:
        return loop_in_python(partial(np.copyto, self._x[: x.shape[1]], x.T), 1)

    def _multiply(self) -> object:
        return self._call()

    def result(self) -> np.ndarray:
        return self._y[: self._m].copy()

    def implementation(self) -> str:
        return f"torch.{self._call.func.__name__}, {onemkl()}"

    def isa(self) -> str:
        return "generic" if onemkl_handicap() else ""

    def handicaps(self) -> str:
        return "; ".join(
            filter(None, [onemkl_handicap(), "hands its matrix to oneMKL anew in each call"])
        )

    def footprint(self) -> Footprint:
        indptr, indices, values = self._arrays
        return Footprint(values.nbytes, indptr.nbytes + indices.nbytes, self._stored_weights)

    def release(self) -> None:
        self._call = self._x = self._y = self._weights = self._arrays = None


class TorchCsr(_TorchSparse):
    """Single weights: takes every pattern."""

    name = "torch-csr"
    title = "PyTorch f32 CSR"

    def _create(self, weight: BlockSparseMatrix) -> Any:
        import torch

        self._arrays = csr_arrays(weight)
        self._stored_weights = len(self._arrays[2])
        tensors = map(torch.from_numpy, self._arrays)
        return torch.sparse_csr_tensor(*tensors, size=weight.shape)


class TorchBsr(_TorchSparse):
    """Square blocks: of others oneMKL, which multiplies them, knows nothing."""

    name = "torch-bsr"
    title = "PyTorch f32 BSR"

    def supports(self, problem: GemmProblem, threads: int) -> str:
        block = problem.pattern
        if block.rows != block.cols:
            return f"blocks of {block}: PyTorch's BSR takes square ones only (torch-csr takes all)"
        return super().supports(problem, threads)

    def _create(self, weight: BlockSparseMatrix) -> Any:
        import torch

        rows, cols = weight.block.grid(*weight.shape)
        self._arrays = (
            weight.indptr.astype(np.int32),
            np.ascontiguousarray(weight.indices, np.int32),
            np.ascontiguousarray(weight.data, np.float32),
        )
        self._stored_weights = weight.stored_weights
        side = weight.block.rows
        tensors = map(torch.from_numpy, self._arrays)
        return torch.sparse_bsr_tensor(*tensors, size=(rows * side, cols * side))
