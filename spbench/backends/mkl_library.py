"""oneMKL as a shared library: its threading layer, its statuses, the kernels that it takes.

``libmkl_rt`` is a front: at the first call it loads a threading layer, for the life
of the process, and at the first computation the kernels for this CPU.
"""

from __future__ import annotations

import ctypes
import os
import re
from pathlib import Path

from spbench.backends.libraries import Library
from spbench.errors import RunError

LIBRARY = Library(
    title="oneMKL",
    variable="SPBENCH_ONEMKL",
    packages=("mkl",),
    file_names=("libmkl_rt.so.3", "libmkl_rt.so.2", "libmkl_rt.so"),
    symbols=("MKL_Set_Threading_Layer", "cblas_sgemm_compute", "mkl_sparse_s_mm"),
    install="pip install 'mkl>=2024.0'",
)

# Of mkl_cblas.h and mkl_spblas.h.
ROW_MAJOR = 101
NO_TRANSPOSE, TRANSPOSE, PACKED = 111, 112, 151
FIXED_OFFSET = 173
B_MATRIX = 162
SPARSE_BASE_ZERO, SPARSE_NO_TRANSPOSE = 0, 10
_SPARSE_GENERAL, _SPARSE_FULL, _SPARSE_NON_UNIT = 20, 42, 50

_LAYERS = {"SEQUENTIAL": 1, "GNU": 3}
_STATUSES = {
    1: "not initialized",
    2: "allocation failed",
    3: "invalid value",
    4: "execution failed",
    5: "internal error",
    6: "not supported",
}


class MatrixDescription(ctypes.Structure):
    """``struct matrix_descr``; by default that of a general matrix."""

    _fields_ = [("type", ctypes.c_int), ("mode", ctypes.c_int), ("diagonal", ctypes.c_int)]

    def __init__(self) -> None:
        super().__init__(_SPARSE_GENERAL, _SPARSE_FULL, _SPARSE_NON_UNIT)


def open_mkl(threads: int) -> ctypes.CDLL:
    """oneMKL that computes with ``threads`` threads: sequential for one, else over libgomp.

    Raises :class:`RunError` if it is not there, or runs in this process with
    another threading layer already.
    """
    layer = "SEQUENTIAL" if threads == 1 else "GNU"
    os.environ["MKL_THREADING_LAYER"] = layer
    library = LIBRARY.open()
    if library.MKL_Set_Threading_Layer(_LAYERS[layer]) != _LAYERS[layer]:
        raise RunError(f"oneMKL runs in this process already, not in its {layer} threading layer")
    library.MKL_Set_Dynamic(0)
    library.MKL_Set_Num_Threads(threads)
    library.cblas_sgemm_pack_get_size.restype = ctypes.c_size_t
    library.cblas_gemm_s8u8s32_pack_get_size.restype = ctypes.c_size_t
    _load_kernels(library)
    return library


def check(function: str, status: int) -> None:
    """Raises :class:`RunError` for a sparse status that is not success."""
    if status != 0:
        raise RunError(f"oneMKL: {function} failed: {_STATUSES.get(status, status)}")


def kernels() -> str:
    """Which of its libraries of kernels oneMKL has loaded: avx512, avx2, def, ...; else empty."""
    names = re.findall(r"/libmkl_(avx\w*|def|mc3?)\.so", Path("/proc/self/maps").read_text())
    return names[0] if names else ""


def on_generic_path() -> bool:
    """Whether oneMKL has loaded kernels for any CPU, as it does on those not made by Intel."""
    return kernels() in ("def", "")


def describe(library: ctypes.CDLL) -> str:
    """Version and kernels of a loaded oneMKL; says so where they are its generic ones."""
    text = ctypes.create_string_buffer(256)
    library.mkl_get_version_string(text, len(text) - 1)
    found = re.search(r"Version (\S+) Build (\d+)", text.value.decode())
    version = f"{found[1]} build {found[2]}" if found else text.value.decode().strip()
    path = f"libmkl_{kernels()}"
    if on_generic_path():
        path = f"generic path on {_cpu_vendor()}, {path}"
    return f"oneMKL {version} ({path})"


def _load_kernels(library: ctypes.CDLL) -> None:
    """Make oneMKL choose its kernels now, so that no case pays for it and it can be asked."""
    one = (ctypes.c_float * 1)(1.0)
    zero = ctypes.c_float(0.0)
    sides = (ROW_MAJOR, NO_TRANSPOSE, NO_TRANSPOSE, 1, 1, 1)
    result = (ctypes.c_float * 1)()
    library.cblas_sgemm(*sides, ctypes.c_float(1.0), one, 1, one, 1, zero, result, 1)


def _cpu_vendor() -> str:
    found = re.search(r"^vendor_id\s*:\s*(\S+)", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else "a CPU of unknown make"
