"""What a number of calls took: the smallest unit that a worker reports."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """What ``count`` calls took together, in nanoseconds."""

    count: int
    wall_ns: int
    cpu_ns: int  # of the whole process, all threads
