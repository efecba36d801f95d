"""How long the threads of this process were ready to run and had no core: Linux counts it.

The second number of ``/proc/self/task/<thread>/schedstat`` is the time that a thread has spent on
a run queue, in ns. It grows when the thread gets a core again, whoever had it meanwhile. Sleeping
and waiting for each other do not count, and waking up on an idle core hardly does.
"""

from __future__ import annotations

from collections.abc import Mapping

from spbench.measure.schedstat import TASKS, thread_times


def run_delays(folder: str = TASKS) -> dict[str, int]:
    """ns by thread, up to now; empty where the system does not tell."""
    return {thread: times.waited_ns for thread, times in thread_times(folder).items()}


def longest_wait_ns(before: Mapping[str, int], after: Mapping[str, int]) -> int | None:
    """Of the thread that waited longest between two :func:`run_delays`; None if that is not told.

    The threads of a product wait for the last one of them, so it is this wait that its time has in
    it; what others waited at other moments may come on top.
    """
    waits = [delay - before.get(thread, 0) for thread, delay in after.items()]
    return max(waits) if waits and before else None
