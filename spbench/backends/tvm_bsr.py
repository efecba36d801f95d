"""TVM, block-sparse f32 and int8: loops in TIR (``tvm_schedules``), compiled for this CPU.

``tvm-bsr-f32`` is the operator that TVM had for BSR, with its schedule for x86, re-created.
``tvm-bsr-f32-tuned`` and ``tvm-bsr-int8`` are schedules of spbench's, as TVM has none better, or
none at all: the strongest found, on the same idea as spbench's own kernels, so they tell what the
compiler makes of that idea.

Prepared beforehand: the weights; for spbench's schedules also the choice of the tile, the fastest
of ``TILES`` tokens, each compiled and run, for ``TUNE_S`` at most. Compiling is part of
``prepare_ns``. Layout, by NumPy: topi's: X as f32 [N, K]; else into panels of a tile, for int8 and
blocks of a multiple of 4 columns with four channels interleaved. Timed: one call of the compiled function, through TVM's C
interface. Several threads are TVM's own pool, which shares tokens times block rows.
"""

from __future__ import annotations

import ctypes
import os
import time
from abc import abstractmethod
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from spbench.backends import tvm_schedules as schedules
from spbench.backends.base import Availability, Backend, Footprint, Timing
from spbench.backends.calls import loop_in_python, prepare_call, replay
from spbench.backends.choice import Choice
from spbench.formats import BlockSparseMatrix, GemmData, GemmProblem

INSTALL = "pip install 'apache-tvm>=0.27'"

TILES = (1, 16, 32, 48, 64)
"""Tokens of a panel that are tried; 1 is the schedule that has rows as lanes."""

_FEW = 4
"""Up to so many tokens rows as lanes are tried."""

TUNE_S = 10.0
"""No further tile is tried after so long."""

_CALLS_OF_A_TRY = 3
_REGISTERS = 28
"""For sums; a tile with more is tried only if no smaller one is left."""

_SPINS = 1000
"""Of TVM's idle threads before they sleep, each a sched_yield: less than a millisecond."""

# Of tvm/ffi/c_api.h and dlpack.h.
_TENSOR = 7
_CPU = 1
_CODES = {"i": 0, "u": 1, "f": 2}


class _Tensor(ctypes.Structure):
    """``DLTensor`` with its sizes and strides behind it."""

    _fields_ = [
        ("data", ctypes.c_void_p),
        ("device_type", ctypes.c_int32),
        ("device_id", ctypes.c_int32),
        ("dimensions", ctypes.c_int32),
        ("code", ctypes.c_uint8),
        ("bits", ctypes.c_uint8),
        ("lanes", ctypes.c_uint16),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    ]

    @classmethod
    def of(cls, array: np.ndarray) -> _Tensor:
        sizes = ctypes.c_int64 * array.ndim
        strides = [stride // array.itemsize for stride in array.strides]
        return cls(
            array.ctypes.data,
            _CPU,
            0,
            array.ndim,
            _CODES[array.dtype.kind],
            8 * array.itemsize,
            1,
            sizes(*array.shape),
            sizes(*strides),
            0,
        )


class _Any(ctypes.Structure):
    """``TVMFFIAny`` that holds an address."""

    _fields_ = [
        ("type_index", ctypes.c_int32),
        ("padding", ctypes.c_uint32),
        ("value", ctypes.c_void_p),
    ]


class _TvmBsr(Backend):
    """What the two have in common."""

    sparse = True

    def __init__(self) -> None:
        self._call = None

    @classmethod
    def available(cls) -> Availability:
        try:
            import tvm
        except Exception as error:  # noqa: BLE001 - compilers fail in their own ways
            return Availability(ok=False, reason=f"TVM does not load: {error}", install=INSTALL)
        return Availability(ok=True, version=tvm.__version__)

    def supports(self, problem: GemmProblem, threads: int) -> str:
        if problem.output != "s32":
            return f"output {problem.output}: this schedule for TVM has no epilogue"
        return ""

    def prepare(self, data: GemmData, threads: int) -> None:
        self.release()
        _start_pool(threads)
        self._shape = (data.weight.shape[0], data.problem.n)
        self._starts, self._columns, self._weights = map(_aligned, self._pack(data.weight))
        self._threads = threads
        self._choose(data)

    @abstractmethod
    def _pack(self, weight: BlockSparseMatrix) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Starts of the block rows, columns, weights, as the schedule wants them."""

    @abstractmethod
    def _choose(self, data: GemmData) -> None:
        """Make ``_x``, ``_y`` and ``_call``."""

    def _bind(self, schedule: Any, x: np.ndarray, y: np.ndarray) -> Any:
        """Compile; the call of the compiled function."""
        import tvm
        import tvm_ffi

        target = tvm.target.Target({"kind": "llvm", "mcpu": _cpu()})
        made = tvm.compile(tvm.IRModule({schedules.NAME: schedule}), target=target)
        function = made[schedules.NAME]
        arrays = (x, self._weights, self._columns, self._starts, y)
        tensors = [_Tensor.of(array) for array in arrays]
        values = [_Any(_TENSOR, 0, ctypes.addressof(tensor)) for tensor in tensors]
        arguments, result = (_Any * len(values))(*values), _Any()
        addresses = (ctypes.addressof(arguments), len(values), ctypes.addressof(result))
        library = ctypes.CDLL(tvm_ffi.libinfo.find_libtvm_ffi())
        return prepare_call(
            library.TVMFFIFunctionCall,
            (function.__chandle__(), *addresses),
            keep=(made, function, arrays, tensors, arguments, result),
        )

    def run(self, count: int) -> Timing:
        return replay(self._call, count)

    def implementation(self) -> str:
        import tvm

        return f"{self._schedule}, TVM {tvm.__version__}, LLVM {_llvm()}, -mcpu={_cpu()}"

    def footprint(self) -> Footprint:
        index_bytes = self._starts.nbytes + self._columns.nbytes
        return Footprint(self._weights.nbytes, index_bytes, self._stored_weights)

    def release(self) -> None:
        self._call = self._x = self._y = None
        self._starts = self._columns = self._weights = None


class TvmBsrF32(_TvmBsr):
    """topi's BSR product and its x86 schedule."""

    name = "tvm-bsr-f32"
    title = "TVM block-sparse f32 (topi's schedule)"
    dtype = "f32"
    tolerance = 1e-5  # sums of integers, exact in f32 up to 2^24
    _schedule = "topi bsr f32, re-created"

    def _pack(self, weight: BlockSparseMatrix) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        self._stored_weights = weight.stored_weights
        self._grid, self._block = weight.block.grid(*weight.shape), weight.block
        return _f32_blocks(weight)

    def _choose(self, data: GemmData) -> None:
        (block_rows, block_cols), block = self._grid, self._block
        n, k = data.problem.n, block_cols * block.cols
        self._x = _zeros((n, k), np.float32)
        self._y = _zeros((n, block_rows * block.rows), np.float32)
        made = schedules.topi_bsr(block_rows, block.rows, block.cols, k, n)
        self._call = self._bind(made, self._x, self._y)

    def layout(self, x: np.ndarray) -> Timing:
        return loop_in_python(partial(np.copyto, self._x[:, : x.shape[1]], x), 1)

    def result(self) -> np.ndarray:
        return np.ascontiguousarray(self._y[:, : self._shape[0]].T)

    def handicaps(self) -> str:
        return "topi's schedule as it was, which nothing tunes"


class _TvmTiled(_TvmBsr):
    """A schedule over panels of tokens, tuned: the fastest tile is taken."""

    _choice = Choice()

    @abstractmethod
    def _tries_rows_as_lanes(self) -> bool:
        """Whether the blocks have as many rows as a vector of the other schedule has lanes."""

    @abstractmethod
    def _make(self, tile: int) -> tuple[np.ndarray, np.ndarray, Any]:
        """X and Y [panels, M padded, tile], and the call."""

    @abstractmethod
    def _load(self, target: np.ndarray, x: np.ndarray) -> None:
        """Tokens x, u8 [N, K], into panels; where they fill none, the last one's rest stays."""

    @abstractmethod
    def _told(self, tile: int) -> str:
        """The schedule in words."""

    def _choose(self, data: GemmData) -> None:
        key = (type(self), self._threads)
        best_ns, start_s = float("inf"), time.perf_counter()
        for tile in self._choice.of(data, key) or self._tiles(data.problem.n):
            if self._call is not None and time.perf_counter() - start_s > TUNE_S:
                break
            x, y, call = self._make(tile)
            self._load(x, data.x)
            replay(call, 1)
            time_ns = min(replay(call, 1).wall_ns for _ in range(_CALLS_OF_A_TRY))
            if time_ns < best_ns:
                best_ns, self._x, self._y, self._call = time_ns, x, y, call
                self._choice.keep(data, key, [tile])
                self._schedule = self._told(tile)

    def _tiles(self, n: int) -> list[int]:
        """Those that pad the tokens by less than 16, and whose sums fit the registers."""
        fitting = [tile for tile in TILES[1:] if -(-n // tile) * tile < n + 16]
        tiles = [t for t in fitting if self._rows * t // 16 <= _REGISTERS] or [16]
        return [1, *tiles] if n <= _FEW and self._tries_rows_as_lanes() else tiles

    def layout(self, x: np.ndarray) -> Timing:
        return loop_in_python(partial(self._load, self._x, x), 1)

    def result(self) -> np.ndarray:
        m, n = self._shape
        y = self._y.transpose(1, 0, 2)
        return np.ascontiguousarray(y.reshape(y.shape[0], -1)[:m, :n])

    def handicaps(self) -> str:
        return "the schedule is spbench's, in TIR, as TVM brings none"


class TvmBsrF32Tuned(_TvmTiled):
    """f32 with tokens as lanes; up to 4 tokens topi's schedule is tried too."""

    name = "tvm-bsr-f32-tuned"
    title = "TVM block-sparse f32 (spbench's schedule)"
    dtype = "f32"
    tolerance = 1e-5  # sums of integers, exact in f32 up to 2^24

    def _pack(self, weight: BlockSparseMatrix) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        self._stored_weights = weight.stored_weights
        self._grid, self._block = weight.block.grid(*weight.shape), weight.block
        self._rows = weight.block.rows
        return _f32_blocks(weight)

    def _tries_rows_as_lanes(self) -> bool:
        return True

    def _make(self, tile: int) -> tuple[np.ndarray, np.ndarray, Any]:
        panels, (block_rows, block_cols) = -(-self._shape[1] // tile), self._grid
        rows, cols = self._block.rows, self._block.cols
        k = block_cols * cols
        x = _zeros((panels, k, tile), np.float32)
        y = _zeros((panels, block_rows * rows, tile), np.float32)
        if tile == 1:
            made = schedules.topi_bsr(block_rows, rows, cols, k, panels)
            return x, y, self._bind(made, x.reshape(panels, -1), y.reshape(panels, -1))
        made = schedules.f32_tiles(block_rows, rows, cols, k, panels, tile)
        return x, y, self._bind(made, x, y)

    def _load(self, target: np.ndarray, x: np.ndarray) -> None:
        tile = target.shape[2]
        for panel, first in zip(target, range(0, len(x), tile), strict=True):
            tokens = x[first : first + tile]
            panel[: x.shape[1], : len(tokens)] = tokens.T

    def _told(self, tile: int) -> str:
        return f"f32 tiles of {tile} tokens" if tile > 1 else "topi bsr f32"


class TvmBsrInt8(_TvmTiled):
    """u8 x s8 with vpdpbusd, 4 input channels at a time."""

    name = "tvm-bsr-int8"
    title = "TVM block-sparse int8 (spbench's schedule)"
    dtype = "u8s8s32"

    def supports(self, problem: GemmProblem, threads: int) -> str:
        if "avx512vnni" not in _features():
            return "this schedule for TVM needs AVX512-VNNI"
        return super().supports(problem, threads)

    def _pack(self, weight: BlockSparseMatrix) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Weights int32 [groups, R], each 4 bytes; a row's last group is filled up with zeros."""
        rows, cols = weight.block.rows, weight.block.cols
        self._stored_weights = weight.stored_weights
        self._rows, self._grid = rows, weight.block.grid(*weight.shape)
        self._interleaved = cols % 4 == 0
        self._k = -(-self._grid[1] * cols // 4) * 4
        if self._interleaved:
            per_block = cols // 4
            quads = weight.data.reshape(-1, rows, per_block, 4).transpose(0, 2, 1, 3)
            columns = per_block * weight.indices[:, None] + np.arange(per_block)
            starts = per_block * weight.indptr
            return _groups(starts, columns.reshape(-1, 1), quads.reshape(-1, rows, 4))
        return _groups(*_by_four(weight))

    def _tries_rows_as_lanes(self) -> bool:
        return self._rows in schedules.ROWS_AS_LANES

    def _make(self, tile: int) -> tuple[np.ndarray, np.ndarray, Any]:
        panels, block_rows = -(-self._shape[1] // tile), self._grid[0]
        shape = (self._k // 4, 4 * tile) if self._interleaved else (self._k, tile)
        x = _zeros((panels, *shape), np.uint8)
        y = _zeros((panels, block_rows * self._rows, tile), np.int32)
        sizes = (block_rows, self._rows, self._k, panels)
        how = {"interleaved": self._interleaved, "words": _llvm() < 22}
        if tile == 1:
            made = schedules.vnni_rows(*sizes, **how)
            return x, y, self._bind(made, x.reshape(panels, -1), y.reshape(panels, -1))
        return x, y, self._bind(schedules.vnni_groups(*sizes, tile, **how), x, y)

    def _load(self, target: np.ndarray, x: np.ndarray) -> None:
        tile = target.shape[2] // 4 if self._interleaved else target.shape[2]
        for panel, first in zip(target, range(0, len(x), tile), strict=True):
            tokens = x[first : first + tile]
            if self._interleaved:
                whole = np.zeros((len(tokens), self._k), np.uint8)
                whole[:, : x.shape[1]] = tokens
                quads = panel.reshape(-1, tile, 4)
                quads[:, : len(tokens)] = whole.reshape(len(tokens), -1, 4).transpose(1, 0, 2)
            else:
                panel[: x.shape[1], : len(tokens)] = tokens.T

    def _told(self, tile: int) -> str:
        return f"vnni groups, tile of {tile} tokens" if tile > 1 else "vnni rows"

    def isa(self) -> str:
        return "avx512vnni"


def _f32_blocks(weight: BlockSparseMatrix) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Starts, columns, blocks f32 [blocks, R, C]; at least one block, which no row need have."""
    blocks = np.zeros((max(1, len(weight.data)), weight.block.rows, weight.block.cols), "f4")
    blocks[: len(weight.data)] = weight.data
    columns = np.zeros(len(blocks), np.int32)
    columns[: len(weight.indices)] = weight.indices
    return weight.indptr.astype(np.int32), columns, blocks


def _by_four(weight: BlockSparseMatrix) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Starts, channels [groups, 4], weights [groups, R, 4]: single columns, 4 of a block row."""
    rows, cols = weight.block.rows, weight.block.cols
    channels = (cols * weight.indices[:, None] + np.arange(cols)).reshape(-1)
    values = weight.data.transpose(0, 2, 1).reshape(-1, rows)
    counts = cols * np.diff(weight.indptr)
    padded = -(-counts // 4) * 4
    starts = np.concatenate([[0], np.cumsum(padded)])
    shift = np.repeat(starts[:-1] - np.concatenate([[0], np.cumsum(counts)])[:-1], counts)
    places = np.arange(len(channels)) + shift
    all_channels = np.zeros(starts[-1], np.int32)
    all_channels[places] = channels
    all_values = np.zeros((starts[-1], rows), np.int8)
    all_values[places] = values
    quads = all_values.reshape(-1, 4, rows).transpose(0, 2, 1)
    return starts // 4, all_channels.reshape(-1, 4), quads


def _groups(
    starts: np.ndarray, columns: np.ndarray, quads: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """In the types of the schedule; at least one group, which no row need have."""
    if not len(quads):
        columns, quads = np.zeros((1, columns.shape[1])), np.zeros((1, *quads.shape[1:]))
    words = np.ascontiguousarray(quads, np.int8).view(np.int32)[..., 0]
    return starts.astype(np.int32), columns.astype(np.int32), words


def _aligned(array: np.ndarray) -> np.ndarray:
    """A copy on a cache line: compiled code takes that for granted, without a check."""
    copy = _zeros(array.shape, array.dtype)
    copy[...] = array
    return copy


def _zeros(shape: tuple[int, ...], dtype: np.typing.DTypeLike) -> np.ndarray:
    from spbench.kernels.memory import aligned_empty

    zeros = aligned_empty(shape, dtype)
    zeros[...] = 0
    return zeros


def _start_pool(threads: int) -> None:
    """TVM's pool, which is made at the first parallel loop, on the cores of this process."""
    os.environ["TVM_BIND_THREADS"] = "0"
    os.environ["TVM_NUM_THREADS"] = str(threads)
    os.environ["TVM_THREAD_POOL_SPIN_COUNT"] = str(_SPINS)
    import tvm  # noqa: F401 - brings the function

    _global("runtime.config_threadpool")(1, threads)


def _cpu() -> str:
    """The CPU as LLVM calls it, ``znver4``."""
    return str(_global("target.llvm_get_system_cpu")())


def _llvm() -> int:
    return int(_global("target.llvm_version_major")())


def _features() -> set[str]:
    """Of this CPU, as LLVM calls them."""
    import tvm  # noqa: F401 - brings the function

    found = _global("tvm.codegen.llvm.GetHostCPUFeatures")()
    return {str(name) for name, has in found.items() if bool(has)}


def _global(name: str) -> Callable[..., Any]:
    import tvm_ffi

    return tvm_ffi.get_global_func(name)
