"""oneMKL in f32: dense, CSR and BSR. Its sparse routines know no int8.

Prepared beforehand: weights as f32; dense and few tokens: packed by cblas_sgemm_pack;
sparse: a handle with hints for N and many calls, then mkl_sparse_optimize. Layout: X as
f32, for the sparse routines transposed. Timed: one call of the routine named by ``implementation``.

On CPUs not made by Intel it takes its generic path, and says so there.
"""

from __future__ import annotations

import ctypes
from abc import abstractmethod
from functools import partial
from typing import Any, ClassVar

import numpy as np

from spbench.backends import mkl_library as mkl
from spbench.backends.base import Availability, Backend, Footprint, Timing
from spbench.backends.calls import loop_in_python, prepare_call, replay
from spbench.backends.csr import as_single_weights, csr_arrays
from spbench.errors import RunError
from spbench.formats import BlockSparseMatrix, GemmData, GemmProblem

_PACK_BELOW = 32
"""Tokens from which cblas_sgemm_pack no longer pays: 4 to 12 % faster below, 0 to 3 % slower
above (M, K of 768 to 4096)."""

_EXPECTED_CALLS = 1_000_000


class OneMkl(Backend):
    """What all of oneMKL have in common."""

    dtype = "f32"
    tolerance = 1e-5  # sums of integers, exact in f32 up to 2^24
    no_epilogue: ClassVar = "oneMKL multiplies in f32, without an epilogue"

    def __init__(self) -> None:
        self._call = None
        self._library: ctypes.CDLL | None = None

    @classmethod
    def available(cls) -> Availability:
        try:
            mkl.LIBRARY.open()
        except RunError as error:
            return Availability(ok=False, reason=str(error), install=mkl.LIBRARY.install)
        return Availability(ok=True, version=mkl.LIBRARY.package_version())

    def supports(self, problem: GemmProblem, threads: int) -> str:
        """Also starts oneMKL, which takes longer than to prepare a case."""
        if problem.output != "s32":
            return f"output {problem.output}: {self.no_epilogue}"
        try:
            self._library = mkl.open_mkl(threads)
        except RunError as error:
            return str(error)
        return ""

    def layout(self, x: np.ndarray) -> Timing:
        """By NumPy: oneMKL has no routine that makes f32 of u8."""
        return loop_in_python(partial(np.copyto, self._x[: x.shape[1]], x.T), 1)

    def run(self, count: int) -> Timing:
        return replay(self._call, count)

    def implementation(self) -> str:
        return f"{self._call.signature}, {mkl.describe(self._library)}"

    def isa(self) -> str:
        kernels = mkl.kernels()
        return "generic" if kernels == "def" else kernels

    def handicaps(self) -> str:
        return "generic path, as the CPU is not made by Intel" if mkl.on_generic_path() else ""


class OneMklDense(OneMkl):
    """Y^T[N, M] = X^T[N, K] . W[M, K]^T: cblas_sgemm, or with W packed for few tokens.

    Tokens are rows, as in a fully connected layer: as fast as W . X for many
    tokens and up to 4 times as fast for few.
    """

    name = "onemkl-dense"
    title = "oneMKL f32 dense"
    sparse = False

    def prepare(self, data: GemmData, threads: int) -> None:
        self.release()
        self._library = mkl.open_mkl(threads)
        self._m, self._k = data.weight.shape
        self._n = data.problem.n
        self._weights = _f32(data.weight.to_dense())
        x, self._y = _f32_zeros((self._n, self._k)), _f32_zeros((self._n, self._m))
        self._x = x.T
        function, weights, arguments = self._routine(x)
        self._call = prepare_call(function, arguments, keep=(x, weights, self._y))

    def _routine(self, x: np.ndarray) -> tuple[Any, np.ndarray, tuple[int | float, ...]]:
        """The function for this many tokens, the weights as it wants them, its arguments."""
        m, n, k = self._m, self._n, self._k
        packed = 1 < n < _PACK_BELOW
        weights = self._pack() if packed else self._weights
        sides = (mkl.ROW_MAJOR, mkl.NO_TRANSPOSE)
        operands = (x.ctypes.data, k, weights.ctypes.data, k, 0.0, self._y.ctypes.data, m)
        if packed:
            arguments = (*sides, mkl.PACKED, n, m, k, *operands)
            return self._library.cblas_sgemm_compute, weights, arguments
        arguments = (*sides, mkl.TRANSPOSE, n, m, k, 1.0, *operands)
        return self._library.cblas_sgemm, weights, arguments

    def result(self) -> np.ndarray:
        return np.ascontiguousarray(self._y.T)

    def footprint(self) -> Footprint:
        """Packed weights fill as many bytes; oneMKL asks for more room than it fills."""
        return Footprint(self._weights.nbytes, index_bytes=0, stored_weights=self._m * self._k)

    def release(self) -> None:
        self._call = self._weights = self._x = self._y = None

    def _pack(self) -> np.ndarray:
        from spbench.kernels.memory import aligned_empty

        m, n, k = self._m, self._n, self._k
        size = self._library.cblas_sgemm_pack_get_size(mkl.B_MATRIX, n, m, k)
        packed = aligned_empty(size, np.uint8)
        self._library.cblas_sgemm_pack(
            mkl.ROW_MAJOR,
            mkl.B_MATRIX,
            mkl.TRANSPOSE,
            n,
            m,
            k,
            ctypes.c_float(1.0),
            ctypes.c_void_p(self._weights.ctypes.data),
            k,
            ctypes.c_void_p(packed.ctypes.data),
        )
        return packed


class _OneMklSparse(OneMkl):
    """The inspector-executor routines, row-major: mkl_sparse_s_mm, for one token mkl_sparse_s_mv.

    Row-major X is 3 times as fast as column-major; the routine for a vector
    is 2 to 3 times as fast as the other for one token.
    """

    sparse = True

    def __init__(self) -> None:
        super().__init__()
        self._handle: ctypes.c_void_p | None = None

    @abstractmethod
    def _create(self, weight: BlockSparseMatrix) -> tuple[int, int]:
        """Make ``self._handle`` from ``self._arrays``; return the M and K that it covers."""

    def prepare(self, data: GemmData, threads: int) -> None:
        self.release()
        self._library = mkl.open_mkl(threads)
        self._m = data.weight.shape[0]
        self._n = n = data.problem.n
        self._stored_weights = data.weight.stored_weights
        padded_m, padded_k = self._create(data.weight)
        self._optimize()
        self._x, self._y = _f32_zeros((padded_k, n)), _f32_zeros((padded_m, n))
        self._bind()

    def _bind(self) -> None:
        description, n = mkl.MatrixDescription(), self._n
        matrix = (self._handle.value, ctypes.addressof(description))
        x, y = self._x.ctypes.data, self._y.ctypes.data
        if n == 1:
            function = self._library.mkl_sparse_s_mv
            operands = (x, 0.0, y)
        else:
            function = self._library.mkl_sparse_s_mm
            operands = (mkl.ROW_MAJOR, x, n, n, 0.0, y, n)
        arguments = (mkl.SPARSE_NO_TRANSPOSE, 1.0, *matrix, *operands)
        self._call = prepare_call(function, arguments, keep=(self._x, self._y, self._arrays))

    def result(self) -> np.ndarray:
        return self._y[: self._m].copy()

    def implementation(self) -> str:
        return f"{self.name.rpartition('-')[2]} {super().implementation()}"

    def footprint(self) -> Footprint:
        indptr, indices, values = self._arrays
        index_bytes = indptr.nbytes + indices.nbytes
        return Footprint(values.nbytes, index_bytes, self._stored_weights)

    def release(self) -> None:
        self._call = self._x = self._y = None
        if self._handle is not None:
            mkl.check("mkl_sparse_destroy", self._library.mkl_sparse_destroy(self._handle))
        self._handle = self._arrays = None

    def _optimize(self) -> None:
        library, handle = self._library, self._handle
        general = (mkl.SPARSE_NO_TRANSPOSE, mkl.MatrixDescription())
        if self._n == 1:
            status = library.mkl_sparse_set_mv_hint(handle, *general, _EXPECTED_CALLS)
        else:
            tokens = (mkl.ROW_MAJOR, self._n)
            status = library.mkl_sparse_set_mm_hint(handle, *general, *tokens, _EXPECTED_CALLS)
        mkl.check("the hint", status)
        mkl.check("mkl_sparse_optimize", library.mkl_sparse_optimize(handle))

    def _make_handle(self, function: str, *sizes: int) -> None:
        """Call mkl_sparse_s_create_... over ``self._arrays``, which the handle goes on using."""
        indptr, indices, values = (array.ctypes.data for array in self._arrays)
        rows = (indptr, indptr + self._arrays[0].itemsize)  # where each row starts and ends
        addresses = [ctypes.c_void_p(address) for address in (*rows, indices, values)]
        handle = ctypes.c_void_p()
        create = getattr(self._library, function)
        status = create(ctypes.byref(handle), mkl.SPARSE_BASE_ZERO, *sizes, *addresses)
        mkl.check(function, status)
        self._handle = handle


class OneMklCsr(_OneMklSparse):
    """Single weights: what oneMKL offers for blocks that are not square, such as 4x1."""

    name = "onemkl-csr"
    title = "oneMKL f32 CSR"

    def _create(self, weight: BlockSparseMatrix) -> tuple[int, int]:
        self._arrays, self._block = csr_arrays(weight), weight.block
        self._stored_weights = len(self._arrays[2])
        self._make_handle("mkl_sparse_s_create_csr", *weight.shape)
        return weight.shape

    def handicaps(self) -> str:
        """Square blocks are BSR's, in a backend of its own."""
        single = as_single_weights(self._block, "oneMKL's BSR takes square ones only")
        square = self._block.rows == self._block.cols
        return "; ".join(filter(None, (super().handicaps(), "" if square else single)))


class OneMklBsr(_OneMklSparse):
    """Square blocks, row-major inside."""

    name = "onemkl-bsr"
    title = "oneMKL f32 BSR"

    def supports(self, problem: GemmProblem, threads: int) -> str:
        block = problem.pattern
        if block.rows != block.cols:
            return f"blocks of {block}: oneMKL's BSR takes square ones only (onemkl-csr takes all)"
        return super().supports(problem, threads)

    def _create(self, weight: BlockSparseMatrix) -> tuple[int, int]:
        side = weight.block.rows
        grid_rows, grid_cols = weight.block.grid(*weight.shape)
        self._arrays = (
            weight.indptr.astype(np.int32),
            np.ascontiguousarray(weight.indices, np.int32),
            np.ascontiguousarray(weight.data, np.float32),
        )
        sizes = (mkl.ROW_MAJOR, grid_rows, grid_cols, side)
        self._make_handle("mkl_sparse_s_create_bsr", *sizes)
        return grid_rows * side, grid_cols * side


def _f32(matrix: np.ndarray) -> np.ndarray:
    """An aligned, row-major f32 copy."""
    copy = _f32_zeros(matrix.shape)
    copy[...] = matrix
    return copy


def _f32_zeros(shape: tuple[int, ...]) -> np.ndarray:
    from spbench.kernels.memory import aligned_empty

    zeros = aligned_empty(shape, np.float32)
    zeros[...] = 0
    return zeros
