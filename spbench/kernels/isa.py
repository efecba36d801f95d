"""Which instruction set the kernels may use: the CPU's best, or what ``SPBENCH_ISA`` caps it to."""

from __future__ import annotations

import os

from spbench.errors import InputError
from spbench.kernels._native import spmm as native
from spbench.kernels._native import spmm_float as native_float

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


def all_kernels() -> list[dict]:
    """Every kernel compiled in, as ``kernel_table`` describes them."""
    return [
        *native.kernel_table(),
        *native.spmv_kernel_table(),
        *native.lookup_kernel_table(),
        *native_float.kernel_table(),
    ]


def usable_kernels() -> list[dict]:
    """Kernels that this CPU can run under the cap."""
    levels = native.isa_names()
    cap = levels.index(isa_cap())
    return [
        kernel
        for kernel in all_kernels()
        if kernel["usable"] and levels.index(kernel["isa"]) <= cap
    ]


def active_isa() -> str:
    """The highest level for which an int8 kernel runs here, e.g. ``"avx512vnni"``."""
    levels = native.isa_names()
    int8 = [kernel["isa"] for kernel in usable_kernels() if "u8s8" in kernel["name"]]
    return max(int8, key=levels.index)


def family(kernel: dict) -> str:
    """What a kernel computes, and on which types: ``"spmm u8s8"``; ``"lookup"`` of bytes."""
    words = kernel["name"].split("_")[:2]
    return " ".join(word for word in words if word != kernel["isa"])


def chosen_kernels() -> list[dict]:
    """The kernels that run here: of each family, block and width that of the highest level."""
    levels = native.isa_names()
    best: dict[tuple, dict] = {}
    for kernel in usable_kernels():
        task = (family(kernel), kernel.get("block"), kernel.get("panel_width"))
        if task not in best or levels.index(kernel["isa"]) > levels.index(best[task]["isa"]):
            best[task] = kernel
    return list(best.values())


def family_isas() -> dict[str, list[str]]:
    """The levels that each family of kernels uses here, ascending.

    More than one where a higher level has something for some widths or blocks only.
    """
    levels = native.isa_names()
    found: dict[str, set[str]] = {}
    for kernel in chosen_kernels():
        found.setdefault(family(kernel), set()).add(kernel["isa"])
    return {name: sorted(isas, key=levels.index) for name, isas in found.items()}


def unused_features() -> dict[str, str]:
    """What this CPU has and no kernel uses, each with the reason."""
    return explain_unused(
        native.cpu_features(), all_kernels(), chosen_kernels(), os.environ.get(VARIABLE, "")
    )


_CONTAINED = {"avx512f": {"avx2", "fma"}, "avx512vnni": {"avxvnni"}}
"""Features that another makes superfluous: the same, on wider registers."""


def explain_unused(
    features: list[str], kernels: list[dict], chosen: list[dict], cap: str
) -> dict[str, str]:
    """Why ``chosen`` kernels leave out some of a CPU's ``features``; ``cap``: the variable."""
    used = {feature for kernel in chosen for feature in kernel["features"]}
    used |= {part for whole in used for part in _CONTAINED.get(whole, ())}
    reasons = {}
    for feature in features:
        if feature in used:
            continue
        needing = [set(kernel["features"]) for kernel in kernels if feature in kernel["features"]]
        missing = min((needs - set(features) for needs in needing), key=len, default=None)
        if missing is None:
            reasons[feature] = "no kernel"
        elif missing:
            reasons[feature] = f"its kernels also need {' '.join(sorted(missing))}"
        else:
            reasons[feature] = f"{VARIABLE}={cap}" if cap else "another kernel is faster"
    return reasons
