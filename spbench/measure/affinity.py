"""Which core is whose: workers have the last cores, the sweep itself the first one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from spbench.kernels.threads import core_of, usable_cpus


def worker_cpus(threads: int, cpus: list[int]) -> list[int]:
    """The ``threads`` CPUs out of ``cpus`` for a worker: the last ones, each on a core of its own.

    Hardware threads of a core that is taken already come last. If there are fewer
    CPUs than threads, all of them.
    """
    seen: set[str] = set()
    first_of_core, other = [], []
    for cpu in reversed(cpus):
        core = core_of(cpu)
        (other if core in seen else first_of_core).append(cpu)
        seen.add(core)
    return sorted((first_of_core + other)[:threads])


def pin(cpus: list[int]) -> None:
    """Keep this process on ``cpus``, where the system can do that."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cpus)


@contextmanager
def pinned(cpus: list[int]) -> Iterator[None]:
    """Stay on ``cpus`` for a while."""
    before = usable_cpus()
    pin(cpus)
    try:
        yield
    finally:
        pin(before)
