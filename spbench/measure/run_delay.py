"""How long the threads of this process were ready to run and had no core: Linux counts it.

The second number of ``/proc/self/task/<thread>/schedstat`` is the time that a thread has spent on
a run queue, in ns. It grows when the thread gets a core again, whoever had it meanwhile. Sleeping
and waiting for each other do not count, and waking up on an idle core hardly does.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

TASKS = "/proc/self/task"


def run_delays(folder: str = TASKS) -> dict[str, int]:
    """ns by thread, up to now; empty where the system does not tell. Some 10 us a thread."""
    try:
        threads = os.listdir(folder)
    except OSError:
        return {}
    found = ((thread, _delay_ns(f"{folder}/{thread}/schedstat")) for thread in threads)
    return {thread: delay for thread, delay in found if delay is not None}


def longest_wait_ns(before: Mapping[str, int], after: Mapping[str, int]) -> int | None:
    """Of the thread that waited longest between two :func:`run_delays`; None if that is not told.

    The threads of a product wait for the last one of them, so it is this wait that its time has in
    it; what others waited at other moments may come on top.
    """
    waits = [delay - before.get(thread, 0) for thread, delay in after.items()]
    return max(waits) if waits and before else None


def _delay_ns(path: str) -> int | None:
    """None for a thread that has ended, and for a kernel that counts nothing: it says 0 turns."""
    try:
        with open(path, "rb") as file:
            _, delay, turns = map(int, file.read().split())
    except (OSError, ValueError):
        return None
    return delay if turns else None
