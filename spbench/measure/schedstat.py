"""What Linux counts of each thread: its time on a core, and its time ready to run without one.

The first two numbers of ``/proc/self/task/<thread>/schedstat``, in ns; the third counts its turns.
"""

from __future__ import annotations

import os
from typing import NamedTuple

TASKS = "/proc/self/task"


class ThreadTimes(NamedTuple):
    """Up to now."""

    core_ns: int
    waited_ns: int


def thread_times(folder: str = TASKS) -> dict[str, ThreadTimes]:
    """By thread; empty where the system does not tell. Some 10 us a thread."""
    try:
        threads = os.listdir(folder)
    except OSError:
        return {}
    found = ((thread, _times(f"{folder}/{thread}/schedstat")) for thread in threads)
    return {thread: times for thread, times in found if times is not None}


def _times(path: str) -> ThreadTimes | None:
    """None for a thread that has ended, and for a kernel that counts nothing: it says 0 turns."""
    try:
        with open(path, "rb") as file:
            core, waited, turns = map(int, file.read().split())
    except (OSError, ValueError):
        return None
    return ThreadTimes(core, waited) if turns else None
