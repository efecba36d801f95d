"""LIBXSMM 1.x, f32: its "spmdm", the sparse product of the releases that distributions carry.

Debian's package is a static library, so a small C file (``shims/libxsmm_spmdm.c``) is
compiled against it at first use. Prepared beforehand: the library's CSR slices of W, 16-bit indices
within blocks of 128 x 128. Layout: X as f32 [K, N], so transposed. Timed: one loop over the
library's blocks; each copies its part of X for itself. Several threads share the blocks through
OpenMP, as in its authors' sample; a block has 96 tokens or fewer, 128 channels.
"""

from __future__ import annotations

import ctypes
from functools import partial
from pathlib import Path

import numpy as np

from spbench.backends.base import Availability, Backend, Footprint, Timing
from spbench.backends.calls import loop_in_python, prepare_native_function, replay
from spbench.backends.csr import as_single_weights
from spbench.backends.shims import INSTALL_COMPILER, open_shim
from spbench.errors import RunError
from spbench.formats import GemmData, GemmProblem

INSTALL = "apt-get install libxsmm-dev"
_FOLDERS = ("/usr/lib", "/usr/lib/x86_64-linux-gnu", "/usr/local/lib")


class LibxsmmSpmdm(Backend):
    """libxsmm_spmdm_compute_fp32_thread over all blocks."""

    name = "libxsmm-spmdm"
    title = "LIBXSMM 1.x f32 CSR"
    dtype = "f32"
    sparse = True
    tolerance = 1e-5  # sums of integers, exact in f32 up to 2^24

    def __init__(self) -> None:
        self._product: ctypes.c_void_p | None = None

    @classmethod
    def available(cls) -> Availability:
        try:
            library = _open()
        except RunError as error:
            install = INSTALL_COMPILER if "no C compiler" in str(error) else INSTALL
            return Availability(ok=False, reason=str(error), install=install)
        return Availability(ok=True, version=library.spmdm_version().decode())

    def supports(self, problem: GemmProblem, threads: int) -> str:
        if problem.output != "s32":
            return f"output {problem.output}: LIBXSMM's spmdm is f32, without an epilogue"
        return ""

    def prepare(self, data: GemmData, threads: int) -> None:
        from spbench.kernels.memory import aligned_empty

        self.release()
        self._library = library = _open()
        m, k = data.weight.shape
        n = data.problem.n
        weights = data.weight.to_dense().astype(np.float32)
        self._nonzeros = int(np.count_nonzero(weights))
        self._rows, self._block = m, data.weight.block
        self._x = aligned_empty((k, n), np.float32)
        self._y = aligned_empty((m, n), np.float32)
        for array in (self._x, self._y):
            array[...] = 0  # its pages exist from now on
        addresses = [ctypes.c_void_p(array.ctypes.data) for array in (weights, self._x, self._y)]
        made = library.spmdm_make(m, n, k, threads, *addresses)
        if not made:
            raise RunError("LIBXSMM: out of memory")
        self._product = ctypes.c_void_p(made)
        self._call = prepare_native_function(library.spmdm_run, made, keep=(self._x, self._y))

    def layout(self, x: np.ndarray) -> Timing:
        return loop_in_python(partial(np.copyto, self._x, x.T), 1)

    def run(self, count: int) -> Timing:
        return replay(self._call, count)

    def result(self) -> np.ndarray:
        return self._y.copy()

    def implementation(self) -> str:
        library = self._library
        version, target = library.spmdm_version().decode(), library.spmdm_target().decode()
        return f"spmdm f32, LIBXSMM {version}, target {target}"

    def isa(self) -> str:
        """Told by the tokens of a block: 96 is written for AVX-512, 48 for AVX2."""
        tokens = self._library.spmdm_tokens_of_block(self._product)
        return {96: "avx512", 48: "avx2"}.get(tokens, "")

    def handicaps(self) -> str:
        return as_single_weights(self._block, "spmdm knows no blocks")

    def footprint(self) -> Footprint:
        """Values f32, columns 16 bits; starts of rows, 16 bits, in each column of blocks."""
        block = 128
        starts = -(-self._x.shape[0] // block) * (self._rows + -(-self._rows // block))
        return Footprint(4 * self._nonzeros, 2 * (self._nonzeros + starts), self._nonzeros)

    def release(self) -> None:
        self._call = self._x = self._y = None
        if self._product is not None:
            self._library.spmdm_free(self._product)
        self._product = None


def _open() -> ctypes.CDLL:
    """The compiled shim. Raises :class:`RunError` if the package or a compiler is missing."""
    archives = [str(path) for folder in _FOLDERS if (path := Path(folder) / "libxsmm.a").is_file()]
    if not archives:
        raise RunError("LIBXSMM 1.x not found: no libxsmm.a in the system")
    archive = Path(archives[0])
    parts = [str(archive), str(archive.with_name("libxsmmnoblas.a"))]
    wrapped = "-Wl,--wrap=mmap,--wrap=munmap"
    needed = (wrapped, *parts, "-lpthread", "-ldl", "-lm")
    library = open_shim("libxsmm_spmdm", needed, made_with=parts)
    library.spmdm_make.restype = ctypes.c_void_p
    library.spmdm_version.restype = library.spmdm_target.restype = ctypes.c_char_p
    return library
