"""What a number of calls took: the smallest unit that a worker reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """What ``count`` calls took together, in nanoseconds.

    ``waited_ns`` is how long the thread that waited longest was ready without a core, see
    :mod:`spbench.measure.run_delay`; None if nobody asked, or the system does not tell.
    """

    count: int
    wall_ns: int
    cpu_ns: int  # of the whole process, all threads
    waited_ns: int | None = None

    @classmethod
    def together(cls, timings: Sequence[Timing]) -> Timing:
        """Several as one; waits are unknown if any of them is."""
        waits = [timing.waited_ns for timing in timings]
        known = [wait for wait in waits if wait is not None]
        return cls(
            sum(timing.count for timing in timings),
            sum(timing.wall_ns for timing in timings),
            sum(timing.cpu_ns for timing in timings),
            sum(known) if len(known) == len(waits) else None,
        )
