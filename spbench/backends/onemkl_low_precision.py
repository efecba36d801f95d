"""oneMKL, dense int8 and bf16: its products of integers and of half precision.

Y^T[N, M] = X^T[N, K] . W[M, K]^T, tokens as rows: row-major, the routines' left side is u8 and
their right side s8, as X and W are. Prepared beforehand: ``onemkl-int8``: W transposed to [K, M],
up to twice as fast as [M, K]; ``onemkl-int8-packed``: W packed by the library; ``onemkl-bf16``: W
as bf16 [M, K] (packed it was measured slower for one token, no faster for more). Layout: int8:
none, X is taken as it comes; bf16: u8 to bf16. Timed: one call of the routine named by
``implementation``. It gives s32 sums, or f32 ones of bf16; there is no epilogue.
"""

from __future__ import annotations

import ctypes
from abc import abstractmethod
from functools import partial

import numpy as np

from spbench.backends import mkl_library as mkl
from spbench.backends.base import Footprint, Timing
from spbench.backends.calls import loop_in_python, prepare_call
from spbench.backends.onemkl import OneMkl
from spbench.formats import GemmData


class _OneMklRows(OneMkl):
    """What the three have in common: tokens are rows."""

    sparse = False
    x_type: type[np.generic]
    y_type: type[np.generic]

    def prepare(self, data: GemmData, threads: int) -> None:
        self.release()
        self._library = mkl.open_mkl(threads)
        self._m, self._k = data.weight.shape
        self._n = data.problem.n
        self._x = _zeros((self._n, self._k), self.x_type)
        self._y = _zeros((self._n, self._m), self.y_type)
        self._bind(data.weight.to_dense())

    @abstractmethod
    def _bind(self, dense: np.ndarray) -> None:
        """Make ``self._call`` for weights s8 [M, K]."""

    def result(self) -> np.ndarray:
        return np.ascontiguousarray(self._y.T)

    def footprint(self) -> Footprint:
        """Packed weights fill about as many bytes; oneMKL asks for more room than it fills."""
        weights = self._m * self._k
        return Footprint(weights * self._x.itemsize, index_bytes=0, stored_weights=weights)

    def release(self) -> None:
        self._call = self._x = self._y = None


class OneMklInt8(_OneMklRows):
    """cblas_gemm_s8u8s32: weights [K, M], which each call packs anew."""

    name = "onemkl-int8"
    title = "oneMKL int8 dense"
    dtype = "u8s8s32"
    tolerance = 0.0
    no_epilogue = "oneMKL's int8 product gives s32, without an epilogue"
    x_type, y_type = np.uint8, np.int32

    def _bind(self, dense: np.ndarray) -> None:
        weights = np.ascontiguousarray(dense.T)
        self._call_with("cblas_gemm_s8u8s32", mkl.NO_TRANSPOSE, weights, self._m)

    def _call_with(self, function: str, side: int, weights: np.ndarray, row: int) -> None:
        m, n, k = self._m, self._n, self._k
        arrays = (self._x, weights, self._y, np.zeros(1, np.int32))
        x, w, y, offset = (array.ctypes.data for array in arrays)
        sides = (mkl.ROW_MAJOR, mkl.NO_TRANSPOSE, side, mkl.FIXED_OFFSET)
        operands = (1.0, x, k, 0, w, row, 0, 0.0, y, m, offset)
        routine = getattr(self._library, function)
        self._call = prepare_call(routine, (*sides, n, m, k, *operands), keep=arrays)

    def layout(self, x: np.ndarray) -> Timing:
        """Nothing to convert: a user's pointer is handed over."""
        self._x[...] = x
        return Timing(count=1, wall_ns=0, cpu_ns=0)


class OneMklInt8Packed(OneMklInt8):
    """cblas_gemm_s8u8s32_compute: weights packed once."""

    name = "onemkl-int8-packed"
    title = "oneMKL int8 dense, packed"

    def _bind(self, dense: np.ndarray) -> None:
        library, sizes = self._library, (self._n, self._m, self._k)
        size = library.cblas_gemm_s8u8s32_pack_get_size(mkl.B_MATRIX, *sizes)
        packed = _zeros(size, np.uint8)
        source, target = (ctypes.c_void_p(array.ctypes.data) for array in (dense, packed))
        sides = (mkl.ROW_MAJOR, mkl.B_MATRIX, mkl.TRANSPOSE)
        library.cblas_gemm_s8u8s32_pack(*sides, *sizes, source, self._k, target)
        self._call_with("cblas_gemm_s8u8s32_compute", mkl.PACKED, packed, self._k)


class OneMklBf16(_OneMklRows):
    """cblas_gemm_bf16bf16f32: operands in bf16, sums and Y in f32."""

    name = "onemkl-bf16"
    title = "oneMKL bf16 dense"
    dtype = "bf16"
    tolerance = 1e-5  # bf16 holds the operands exactly; sums are f32, exact up to 2^24
    no_epilogue = "oneMKL multiplies in bf16, without an epilogue"
    x_type, y_type = np.uint16, np.float32

    def _bind(self, dense: np.ndarray) -> None:
        m, n, k = self._m, self._n, self._k
        arrays = (self._x, to_bf16(dense), self._y)
        x, weights, y = (array.ctypes.data for array in arrays)
        sides = (mkl.ROW_MAJOR, mkl.NO_TRANSPOSE, mkl.TRANSPOSE)
        arguments = (*sides, n, m, k, 1.0, x, k, weights, k, 0.0, y, m)
        routine = self._library.cblas_gemm_bf16bf16f32
        self._call = prepare_call(routine, arguments, keep=arrays)

    def layout(self, x: np.ndarray) -> Timing:
        """By NumPy: a byte's bf16 is looked up."""
        look_up = partial(np.take, _BYTES_AS_BF16, np.asarray(x), out=self._x, mode="clip")
        return loop_in_python(look_up, 1)


def to_bf16(whole: np.ndarray) -> np.ndarray:
    """Whole numbers up to 256 as the bits of bf16, uint16: exact."""
    return (np.ascontiguousarray(whole, np.float32).view(np.uint32) >> 16).astype(np.uint16)


_BYTES_AS_BF16 = to_bf16(np.arange(256))


def _zeros(shape: int | tuple[int, ...], dtype: type[np.generic]) -> np.ndarray:
    from spbench.kernels.memory import aligned_empty

    zeros = aligned_empty(shape, dtype)
    zeros[...] = 0
    return zeros
