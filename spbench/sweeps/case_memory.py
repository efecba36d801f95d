"""Memory: what a case needs at least, and what this machine lets a process have."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from spbench.errors import InputError
from spbench.formats import GemmProblem

_CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
_EXACT_BYTES = 8  # the reference multiplies in f64: the largest arrays of a case


def require_memory(problems: Iterable[GemmProblem]) -> None:
    """Refuse a problem whose numbers cannot fit into memory, before anything is measured.

    What passes may still be too large, for libraries need copies of their own; its
    rows are then ``failed``. Raises :class:`InputError`.
    """
    there = _memory_bytes()
    for problem in problems:
        needed = bytes_needed(problem)
        if needed > there:
            raise InputError(
                f"shape {problem.m}x{problem.k}x{problem.n}: its numbers need "
                f"{needed / 1e9:.3g} GB, there are {there / 1e9:.3g} GB; take a smaller one"
            )


def bytes_needed(problem: GemmProblem) -> int:
    """Bytes of W, X and Y in f64, blocks at the edge of W padded."""
    rows, cols = problem.pattern.grid(problem.m, problem.k)
    weights = rows * problem.pattern.rows * cols * problem.pattern.cols
    return _EXACT_BYTES * (weights + problem.k * problem.n + problem.m * problem.n)


def _memory_bytes() -> int:
    """Memory of the machine, or the limit of the process's container if that is less."""
    installed = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        return min(installed, int(_CGROUP_LIMIT.read_text()))
    except (OSError, ValueError):  # no such limit; "max"
        return installed
