"""Which instruction set the kernels may use: the CPU's best, or what ``SPBENCH_ISA`` caps it to."""

from __future__ import annotations

import os

from spbench.errors import InputError
from spbench.kernels._native import spmm as native

VARIABLE = "SPBENCH_ISA"


def isa_cap() -> str:
    """The highest level a kernel may belong to: ``SPBENCH_ISA``, else the highest known.

    Raises :class:`InputError` if the variable holds a name that is not a level.
    """
    names = native.isa_names()
    wanted = os.environ.get(VARIABLE, "").strip().lower()
    if not wanted:
        return names[-1]
    if wanted not in names:
        raise InputError(f"{VARIABLE}={wanted}: unknown ISA; known are {', '.join(names)}")
    return wanted


def usable_kernels() -> list[dict]:
    """Kernels that this CPU can run under the cap, as ``kernel_table`` describes them."""
    levels = native.isa_names()
    cap = levels.index(isa_cap())
    return [
        kernel
        for kernel in (*native.kernel_table(), *native.spmv_kernel_table())
        if kernel["usable"] and levels.index(kernel["isa"]) <= cap
    ]


def active_isa() -> str:
    """The highest level for which a kernel runs here, e.g. ``"avx512vnni"``."""
    levels = native.isa_names()
    return max((kernel["isa"] for kernel in usable_kernels()), key=levels.index)
