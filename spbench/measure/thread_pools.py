"""What computes in this process: the pools of its libraries, and the threads that really worked.

threadpoolctl knows the pools of OpenMP and BLAS libraries. Others (TVM's, ONNX Runtime's,
OpenVINO's, spbench's team) have no such registry; for all of them Linux tells which threads had
a core, ``/proc/self/task/<thread>/schedstat``: its first number is the time spent on one, in ns.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from spbench.measure.schedstat import TASKS, thread_times

BUSY_SHARE = 0.1
"""A thread worked if it had a core for this share of the time of the one that had it longest."""


def thread_pools() -> str:
    """The loaded pools and their sizes, by file: ``libgomp 2, libscipy_openblas64_ 1``."""
    from threadpoolctl import threadpool_info

    sizes = Counter[str]()
    for pool in threadpool_info():
        name = Path(pool["filepath"]).name.partition(".so")[0].partition("-")[0]
        sizes[name] = max(sizes[name], pool["num_threads"] or 0)
    return ", ".join(f"{name} {size}" for name, size in sorted(sizes.items()))


def core_times(folder: str = TASKS) -> dict[str, int]:
    """ns on a core by thread, up to now; empty where the system does not tell."""
    return {thread: times.core_ns for thread, times in thread_times(folder).items()}


def busy_threads(before: Mapping[str, int], after: Mapping[str, int]) -> int | None:
    """How many worked between two :func:`core_times`; None if that is not told."""
    spent = [time - before.get(thread, 0) for thread, time in after.items()]
    longest = max(spent, default=0)
    return sum(time > BUSY_SHARE * longest for time in spent) if longest > 0 else None
