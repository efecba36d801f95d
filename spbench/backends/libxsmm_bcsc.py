"""LIBXSMM 2.x, block-sparse weights: its packed BCSC kernels in int8, bf16 and f32.

A user's own build of it, named by ``SPBENCH_LIBXSMM``: version 2 has no package. A kernel, made
at run time, multiplies panels of ``packed width`` tokens, [panel][K][width] (int8: four channels
of a token side by side, bf16: two), by weights whose blocks stand as they are, and stores
[panel][M][width].

The packed width decides over the speed, and some builds give wrong results for some widths. So
``prepare`` runs the case with each of ``WIDTHS``, keeps those that are right and takes the
fastest; that is part of ``prepare_ns``, and ``implementation`` names the width. Layout: X into panels, by
NumPy (the library has no routine for u8). Timed: one kernel call; with several threads one for
each, over output channels of as many blocks each, through OpenMP: the kernels know no threads.

int8 takes blocks of a multiple of 4 columns, bf16 of 2. Narrower blocks are widened and hold zeros
then, which ``handicaps`` says; ``libxsmm-f32`` runs them as they are.
"""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from spbench.backends.base import Availability, Backend, Footprint, Timing
from spbench.backends.calls import loop_in_python, prepare_native_function, replay
from spbench.backends.choice import Choice
from spbench.backends.libraries import Library
from spbench.backends.onemkl_low_precision import to_bf16
from spbench.backends.shims import open_shim
from spbench.errors import RunError
from spbench.formats import BlockShape, BlockSparseMatrix, GemmData, GemmProblem

LIBRARY = Library(
    title="LIBXSMM 2",
    variable="SPBENCH_LIBXSMM",
    packages=(),
    file_names=("libxsmm.so.2",),
    symbols=(
        "libxsmm_create_packed_spgemm_bcsc",
        "libxsmm_release_kernel",
        "libxsmm_get_target_arch",
    ),
    install="build LIBXSMM 2 (make STATIC=0 BLAS=0) and set SPBENCH_LIBXSMM=/path/to/libxsmm.so",
)

WIDTHS = (1, 4, 8, 16, 32, 48, 64, 80, 96, 112, 128)
"""Packed widths that are tried; those that pad the tokens by more than 16 are not."""

_CALLS_OF_A_TRY = 3

# Of libxsmm_typedefs.h, LIBXSMM 2.0.
_F32, _BF16, _I32, _I8, _U8 = 1, 2, 8, 12, 13
_BETA_0, _VNNI_A = 4, 256


_AVX512 = ("skx", "clx", "cpx", "spr", "gnr")
"""Targets with 512-bit registers, as the library names them, whosoever made the CPU."""


class _Shape(ctypes.Structure):
    """``libxsmm_gemm_shape``: here m counts panels of tokens and n, ldc output channels."""

    _fields_ = [(name, ctypes.c_int) for name in ("m", "n", "k", "lda", "ldb", "ldc")] + [
        (name, ctypes.c_int) for name in ("a_type", "b_type", "out_type", "comp_type")
    ]


class _Config(ctypes.Structure):
    """``libxsmm_spgemm_config``."""

    _fields_ = [(name, ctypes.c_int) for name in ("packed_width", "bk", "bn")]


class _Argument(ctypes.Structure):
    """``libxsmm_matrix_arg``: six addresses."""

    _fields_ = [
        (name, ctypes.c_void_p)
        for name in ("primary", "secondary", "tertiary", "quaternary", "quinary", "senary")
    ]


class _Parameters(ctypes.Structure):
    """``libxsmm_gemm_param``; ``operation`` is a ``libxsmm_matrix_op_arg``, four addresses."""

    _fields_ = [
        ("operation", ctypes.c_void_p * 4),
        ("a", _Argument),
        ("b", _Argument),
        ("c", _Argument),
    ]


class _OmpCalls(ctypes.Structure):
    """``OmpCalls`` of ``shims/omp_calls.c``."""

    _fields_ = [
        ("function", ctypes.c_void_p),
        ("contexts", ctypes.POINTER(ctypes.c_void_p)),
        ("count", ctypes.c_int),
    ]


@dataclass(frozen=True, eq=False)
class _Product:
    """The case with one packed width: X and Y in its panels, and the call."""

    width: int
    x: np.ndarray  # [panels, K / pack, width, pack]
    y: np.ndarray  # [panels, M, width]
    kernel: int
    call: Any

    def load(self, tokens: np.ndarray) -> None:
        """Bring tokens [panels * width, K], in the library's type, into its panels."""
        panels, steps, width, pack = self.x.shape
        np.copyto(self.x, tokens.reshape(panels, width, steps, pack).transpose(0, 2, 1, 3))


class _LibxsmmBcsc(Backend):
    """What the three types have in common."""

    sparse = True
    _choice = Choice()
    types: ClassVar[tuple[int, int, int, int]]  # of X, W, Y and the sums, as the library counts
    x_type: ClassVar[type[np.generic]]
    y_type: ClassVar[type[np.generic]]
    needs: ClassVar[str]  # instructions of its kernels for AVX-512
    pack: ClassVar[int]  # input channels that stand side by side; blocks have a multiple of it

    def __init__(self) -> None:
        self._product: _Product | None = None

    @classmethod
    def available(cls) -> Availability:
        try:
            library = LIBRARY.open()
        except RunError as error:
            return Availability(ok=False, reason=str(error), install=LIBRARY.install)
        return Availability(ok=True, version=_version(library))

    def supports(self, problem: GemmProblem, threads: int) -> str:
        if problem.output != "s32":
            return f"output {problem.output}: LIBXSMM's BCSC kernels run without an epilogue"
        if threads > 1:
            try:
                open_shim("omp_calls")
            except RunError as error:
                return f"LIBXSMM's kernels have one thread, and {error}"
        return ""

    def prepare(self, data: GemmData, threads: int) -> None:
        self.release()
        self._library = _open()
        self._threads = threads
        self._shape = (data.weight.shape[0], data.problem.n)
        self._asked = data.weight
        self._weight = weight = self._widened(data.weight)
        self._values = self._convert(weight.data)
        self._starts = weight.indptr.astype(np.uint32)
        self._columns = np.ascontiguousarray(weight.indices, np.uint32)
        self._ranges = self._share_rows()
        self._product = self._fastest(data)

    def _widened(self, weight: BlockSparseMatrix) -> BlockSparseMatrix:
        rows, cols = weight.block.rows, -(-weight.block.cols // self.pack) * self.pack
        if cols == weight.block.cols:
            return weight
        return BlockSparseMatrix.from_dense(weight.to_dense(), BlockShape(rows, cols))

    def _share_rows(self) -> list[tuple[int, int]]:
        """Block rows of each thread, from and to: as many blocks for each as can be.

        None is empty, of which a kernel would compute one row nevertheless; so a matrix of few
        rows takes fewer threads.
        """
        starts = self._weight.indptr
        shares = np.linspace(0, starts[-1] + len(starts), self._threads + 1)
        cuts = np.searchsorted(starts + np.arange(len(starts)), shares[1:-1]).tolist()
        edges = [0, *cuts, len(starts) - 1]
        return [(first, last) for first, last in pairwise(edges) if first < last]

    def _fastest(self, data: GemmData) -> _Product:
        """Of the widths that give right results for this case."""
        expected = data.weight.to_dense().astype(np.float64) @ data.x.T.astype(np.float64)
        allowed = self.tolerance * max(1.0, np.abs(expected).max())
        key = (type(self), self._threads)
        widths, wrong = self._choice.of(data, key) or (self._widths(data.problem.n), ())
        best, best_ns, wrong = None, float("inf"), list(wrong)
        for width in widths:
            product = self._make(width)
            if product is None:
                continue
            product.load(self._tokens(data.x, width))
            replay(product.call, 1)
            time_ns = min(replay(product.call, 1).wall_ns for _ in range(_CALLS_OF_A_TRY))
            if not np.abs(self._result(product) - expected).max() <= allowed:
                wrong.append(width)
                time_ns = float("inf")
            if time_ns < best_ns:
                best, best_ns, product = product, time_ns, best
            if product is not None:
                self._drop(product)
        if best is None:
            what = f"wrong results for packed widths {wrong}" if wrong else "no kernel for the case"
            raise RunError(f"LIBXSMM: {what}")
        self._wrong_widths = wrong
        self._choice.keep(data, key, ([best.width], wrong))
        return best

    def _widths(self, n: int) -> list[int]:
        widths = [width for width in WIDTHS if -(-n // width) * width < n + 16]
        return [width for width in widths if width >= min(16, n)] or [16]

    def _make(self, width: int) -> _Product | None:
        """None if the library has no kernel of this width."""
        from spbench.kernels.memory import aligned_empty

        block = self._weight.block
        grid_rows, grid_cols = block.grid(*self._weight.shape)
        m, k = grid_rows * block.rows, grid_cols * block.cols
        panels = -(-self._shape[1] // width)
        flags = _BETA_0 | (_VNNI_A if self.pack > 1 else 0)
        shape = _Shape(panels, 0, k, k, 0, m, *self.types)
        config = _Config(width, block.cols, block.rows)
        create = self._library.libxsmm_create_packed_spgemm_bcsc
        kernel = create(shape, flags, 0, config)
        if not kernel:
            return None
        x = aligned_empty((panels, k // self.pack, width, self.pack), self.x_type)
        y = aligned_empty((panels, m, width), self.y_type)
        x[...] = 0
        y[...] = 0
        return _Product(width, x, y, kernel, self._bind(kernel, x, y))

    def _bind(self, kernel: int, x: np.ndarray, y: np.ndarray) -> Any:
        contexts = [self._parameters(x, y, *rows) for rows in self._ranges]
        addresses = [ctypes.addressof(parameters) for parameters, _ in contexts]
        keep = (contexts, x, y, self._values, self._starts, self._columns)
        if len(addresses) == 1:
            return prepare_native_function(ctypes.c_void_p(kernel), addresses[0], keep=keep)
        calls = _OmpCalls(kernel, (ctypes.c_void_p * len(addresses))(*addresses), len(addresses))
        shim = open_shim("omp_calls")
        address = ctypes.addressof(calls)
        return prepare_native_function(shim.omp_calls, address, keep=(keep, calls, shim))

    def _parameters(self, x: np.ndarray, y: np.ndarray, first: int, last: int) -> tuple[Any, Any]:
        """Arguments of a kernel for some block rows, and what they point to."""
        width, rows = y.shape[2], self._weight.block.rows
        count = ctypes.c_ulonglong(last - first)
        parameters = _Parameters()
        parameters.a.primary = x.ctypes.data
        parameters.b.primary = self._values.ctypes.data
        parameters.b.secondary = self._starts[first:].ctypes.data
        parameters.b.tertiary = self._columns.ctypes.data
        parameters.b.quaternary = ctypes.addressof(count)
        parameters.c.primary = y.ctypes.data + first * rows * width * y.itemsize
        return parameters, count

    def _tokens(self, x: np.ndarray, width: int) -> np.ndarray:
        """X in the library's type, padded to whole panels and whole blocks: [tokens, K]."""
        block = self._weight.block
        k = block.grid(*self._weight.shape)[1] * block.cols
        n = self._shape[1]
        if x.shape == (-(-n // width) * width, k):
            return self._convert(np.asarray(x))
        padded = np.zeros((-(-n // width) * width, k), np.uint8)
        padded[:n, : x.shape[1]] = x
        return self._convert(padded)

    @staticmethod
    def _convert(numbers: np.ndarray) -> np.ndarray:
        """Of u8 or s8 to the library's type."""
        return np.ascontiguousarray(numbers)

    def layout(self, x: np.ndarray) -> Timing:
        product, x = self._product, np.ascontiguousarray(x)
        return loop_in_python(lambda: product.load(self._tokens(x, product.width)), 1)

    def run(self, count: int) -> Timing:
        return replay(self._product.call, count)

    def result(self) -> np.ndarray:
        return np.ascontiguousarray(self._result(self._product))

    def _result(self, product: _Product) -> np.ndarray:
        m, n = self._shape
        panels = product.y.transpose(1, 0, 2)
        return self._numbers(panels.reshape(panels.shape[0], -1)[:m, :n])

    @staticmethod
    def _numbers(y: np.ndarray) -> np.ndarray:
        return y

    def implementation(self) -> str:
        target = self._library.libxsmm_get_target_arch().decode()
        block, width = self._weight.block, self._product.width
        return (
            f"bcsc {block} {self.dtype}, packed width {width}, "
            f"LIBXSMM {_version(self._library)}, target {target}"
        )

    def isa(self) -> str:
        """Of the target, what a kernel of this type needs."""
        target = self._library.libxsmm_get_target_arch().decode()
        return self.needs if target in _AVX512 else target

    def handicaps(self) -> str:
        clauses = []
        asked, run = self._asked, self._weight
        if asked is not run:
            share = 1 - run.stored_weights / max(1, run.shape[0] * run.shape[1])
            clauses.append(
                f"{asked.block} blocks run as {run.block}, the narrowest that its {self.dtype} "
                f"takes (sparsity left: {share:.0%})"
            )
        if self._wrong_widths:
            widths = ", ".join(map(str, self._wrong_widths))
            clauses.append(f"packed widths that gave wrong results left out (here {widths})")
        return "; ".join(clauses)

    def footprint(self) -> Footprint:
        index_bytes = self._starts.nbytes + self._columns.nbytes
        return Footprint(self._values.nbytes, index_bytes, self._weight.stored_weights)

    def _drop(self, product: _Product) -> None:
        """A kernel belongs to whoever had it made."""
        self._library.libxsmm_release_kernel(ctypes.c_void_p(product.kernel))

    def release(self) -> None:
        if self._product is not None:
            self._drop(self._product)
        self._product = self._weight = self._asked = self._values = None
        self._starts = self._columns = None


class LibxsmmInt8(_LibxsmmBcsc):
    """u8 x s8, s32 sums."""

    name = "libxsmm-int8"
    title = "LIBXSMM 2 block-sparse int8"
    dtype = "u8s8s32"
    needs = "avx512vnni"
    types = (_U8, _I8, _I32, _I32)
    x_type, y_type, pack = np.uint8, np.int32, 4


class LibxsmmBf16(_LibxsmmBcsc):
    """bf16 x bf16, f32 sums, stored as bf16: the kernels know no other output."""

    name = "libxsmm-bf16"
    title = "LIBXSMM 2 block-sparse bf16"
    dtype = "bf16"
    tolerance = 1 / 250  # Y has 8 significant bits: one step is 1 / 256
    needs = "avx512bf16"
    types = (_BF16, _BF16, _BF16, _F32)
    x_type, y_type, pack = np.uint16, np.uint16, 2
    _convert = staticmethod(to_bf16)

    @staticmethod
    def _numbers(y: np.ndarray) -> np.ndarray:
        return (y.astype(np.uint32) << 16).view(np.float32)


class LibxsmmF32(_LibxsmmBcsc):
    """f32: takes every block as it is."""

    name = "libxsmm-f32"
    title = "LIBXSMM 2 block-sparse f32"
    dtype = "f32"
    tolerance = 1e-5  # sums of integers, exact in f32 up to 2^24
    needs = "avx512"
    types = (_F32, _F32, _F32, _F32)
    x_type, y_type, pack = np.float32, np.float32, 1

    @staticmethod
    def _convert(numbers: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(numbers, np.float32)


def _open() -> ctypes.CDLL:
    library = LIBRARY.open()
    create = library.libxsmm_create_packed_spgemm_bcsc
    create.restype = ctypes.c_void_p
    create.argtypes = [_Shape, ctypes.c_uint, ctypes.c_uint, _Config]
    library.libxsmm_get_target_arch.restype = ctypes.c_char_p
    library.libxsmm_init()
    return library


def _version(library: ctypes.CDLL) -> str:
    """From the name of the file, libxsmm.so.2.0.0: the library does not tell."""
    name = Path(os.path.realpath(library._name)).name
    return name.partition(".so.")[2] or "2, of unknown version"
