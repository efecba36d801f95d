"""What a worker does with its library: prepare a task, warm up, take turns, check the numbers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any

from spbench.measure.clock import Clock, SystemClock
from spbench.measure.run_delay import longest_wait_ns, run_delays
from spbench.measure.schedstat import TASKS
from spbench.measure.timing import Timing


@dataclass(frozen=True)
class Prepared:
    """Answer to ``prepare``.

    ``status`` is ``ok`` if the numbers of a first run were right, else why not
    (``wrong``, ``unsupported``, ``unavailable``) with ``reason``. ``call_ns`` is
    what that first run took. ``facts`` belong to the bench's own kind of row.
    """

    status: str
    reason: str = ""
    call_ns: int = 0
    facts: Any = None


class Bench(ABC):
    """One library at work on one task at a time. Lives in a worker process."""

    def __init__(self, clock: Clock | None = None):
        self._clock = clock or SystemClock()
        self._threads = 1  # that the task runs on
        self._tasks = TASKS  # of the process that has them

    @abstractmethod
    def prepare(self, task: Any) -> Prepared:
        """Take up a task: make it ready, run it once, check its numbers."""

    @abstractmethod
    def run(self, count: int) -> Timing:
        """Do the task ``count`` times."""

    @abstractmethod
    def check(self) -> str:
        """What is wrong with the numbers of the last run; empty if nothing is."""

    @abstractmethod
    def release(self) -> None:
        """Drop the task."""

    def warm_up(self, duration_ns: float) -> int:
        """Run until ``duration_ns`` have passed, at least once; the fastest call in ns."""
        start = self._clock.now_ns()
        fastest = self.run(1).wall_ns
        while self._clock.now_ns() - start < duration_ns:
            fastest = min(fastest, self.run(1).wall_ns)
        return fastest

    def settle(self) -> None:
        """Let threads that the last run left behind come to rest. Nothing unless overridden."""

    def turn(self, round_index: int, count: int, hot_ns: float) -> Timing:
        """Untimed calls until ``hot_ns`` have passed, then ``count`` timed ones; then rest.

        A turn that was disturbed is taken again with the same ``round_index``. On several threads
        the timing says how long one of them waited for a core; on one, its CPU time does.
        """
        start = self._clock.now_ns()
        while self._clock.now_ns() - start < hot_ns:
            self.run(1)
        timing = self.timed(count)
        self.settle()
        return timing

    def timed(self, count: int) -> Timing:
        """:meth:`run`, and on several threads how long one of them waited for a core."""
        if self._threads == 1:
            return self.run(count)
        before = run_delays(self._tasks)
        timing = self.run(count)
        waited_ns = longest_wait_ns(before, run_delays(self._tasks))
        if waited_ns is None:
            return timing
        return replace(timing, waited_ns=min(waited_ns, timing.wall_ns))
