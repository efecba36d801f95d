"""A time limit that ends training in good order: the learning rate is at zero when time is up."""

from __future__ import annotations

import time
from collections.abc import Callable

_CALM = 2 / 3  # of the time, in which the schedule of the recipe holds whatever the clock says


class Deadline:
    """Counts from when it is made. Without ``limit_s`` it never comes.

    A recipe's learning rate falls to zero over its steps. Where they will not all be done in time,
    the last third of the time brings it down instead, linearly.
    """

    def __init__(self, limit_s: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit_s = limit_s
        self._clock = clock
        self._start_s = clock()
        self._steps = 0
        self.hurried = False
        """Whether it has changed a learning rate."""

    @property
    def is_over(self) -> bool:
        """Whether time is up."""
        return self._limit_s is not None and self._spent_s >= self._limit_s

    def brake(self, steps_left: int) -> float:
        """Before each step: what to multiply its learning rate with, 0 to 1."""
        self._steps += 1
        if self._limit_s is None:
            return 1.0
        left = 1 - self._spent_s / self._limit_s
        each = self._spent_s / self._limit_s / max(1, self._steps - 1)
        if left < 1 - _CALM and steps_left * each > left:
            self.hurried = True
        return max(0.0, left) / (1 - _CALM) if self.hurried else 1.0

    @property
    def _spent_s(self) -> float:
        return self._clock() - self._start_s
