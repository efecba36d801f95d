"""The clock, as an object, so that tests can bring their own."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Anything that tells the time in nanoseconds and never goes back."""

    def now_ns(self) -> int: ...


class SystemClock:
    """The monotonic clock of the machine."""

    def now_ns(self) -> int:
        return time.perf_counter_ns()
