"""Last in this folder: a kernel that this CPU has and that no test ran is a hole in the tests."""

from pathlib import Path

import pytest
from conftest import (
    DENSE_KERNELS,
    ENCODER_KERNELS,
    FLOAT_KERNELS,
    KERNELS,
    LOOKUP_KERNELS,
    RAN,
    SPMV_KERNELS,
)

from spbench.kernels._native import spmm as native

ALL = KERNELS + DENSE_KERNELS + SPMV_KERNELS + FLOAT_KERNELS + LOOKUP_KERNELS + ENCODER_KERNELS

CPUINFO = Path("/proc/cpuinfo")
FLAGS = {
    "avx2": "avx2",
    "fma": "fma",
    "avx512f": "avx512f",
    "avx512bw": "avx512bw",
    "avx512vl": "avx512vl",
    "avx512dq": "avx512dq",
    "avx512_vnni": "avx512vnni",
    "avx512vbmi": "avx512vbmi",
    "avx512_bf16": "avx512bf16",
    "avx_vnni": "avxvnni",
    "amx_int8": "amx_int8",
}
"""Features by their names in Linux, which reads cpuid by itself."""


def test_every_usable_kernel_ran():
    if not RAN:
        pytest.skip("the kernels' tests were not asked for")
    assert {kernel["name"] for kernel in ALL if kernel["usable"]} == RAN


def test_features_are_those_that_linux_sees():
    """A feature overlooked would turn the tests of its kernels into skips."""
    lines = CPUINFO.read_text().splitlines() if CPUINFO.exists() else []
    flags = next((line.split(":")[1].split() for line in lines if line.startswith("flags")), None)
    if flags is None:
        pytest.skip("no /proc/cpuinfo of an x86 CPU")
    seen = {FLAGS[flag] for flag in flags if flag in FLAGS}
    assert seen - set(native.cpu_features()) == set()
