"""A clock that only a test moves, and players whose calls move it."""

from __future__ import annotations

from typing import Any

from spbench.measure.bench import Prepared
from spbench.measure.player import Answer
from spbench.measure.timing import Timing


class FakeClock:
    """Stands still until it is told to go on."""

    def __init__(self) -> None:
        self.time_ns = 0

    def now_ns(self) -> int:
        return self.time_ns

    def advance(self, duration_ns: float) -> None:
        self.time_ns += int(duration_ns)


class FakePlayer:
    """A worker without a process: each call lasts ``call_ns``, and each question is written down.

    ``jitter`` is what every second turn takes longer, as a share. ``lost`` holds, for one turn
    after the other, the share of its wall time in which others have the core; the last one is for
    all that follow. ``waited`` is what one of several threads waits for a core in each turn, as a
    share, None if that is not told. ``breaks`` maps a method to the exception it raises, ``idle_share`` is the
    CPU it burns between its turns, ``idle_ns`` how long those pauses are said to be.
    """

    def __init__(self, name: str, clock: FakeClock, call_ns: int = 10_000, **changes: Any):
        self.name = name
        self.call_ns = call_ns
        self.log: list[tuple] = []
        self.prepared = Prepared("ok", call_ns=call_ns, facts="facts")
        self.breaks: dict[str, Exception] = {}
        self.wrong = ""
        self.idle_share = 0.0
        self.idle_ns = 5_000_000
        self.jitter = 0.0
        self.lost = [0.0]
        self.waited: list[float] | None = None
        self._turns = 0
        self._clock = clock
        vars(self).update(changes)

    def ask(self, method: str, *args: Any, timeout_s: float) -> Answer:
        self.log.append((method, *args))
        if method in self.breaks:
            raise self.breaks[method]
        value = getattr(self, f"_{method}")(*args)
        return Answer(value, self.idle_ns, int(self.idle_ns * self.idle_share))

    def asked(self, method: str) -> int:
        """How often ``method`` was asked for."""
        return sum(entry[0] == method for entry in self.log)

    def _prepare(self, task: Any) -> Prepared:
        return self.prepared

    def _warm_up(self, duration_ns: float) -> int:
        self._clock.advance(max(duration_ns, self.call_ns))
        return self.call_ns

    def _turn(self, round_index: int, count: int, hot_ns: float) -> Timing:
        self._turns += 1
        cpu_ns = int(count * self.call_ns * (1 + self.jitter * (self._turns % 2)))
        lost = self.lost.pop(0) if len(self.lost) > 1 else self.lost[0]
        wall_ns = round(cpu_ns / (1 - lost))
        hot_calls = -(-hot_ns // self.call_ns)
        self._clock.advance(hot_calls * self.call_ns + wall_ns)
        return Timing(count, wall_ns, cpu_ns, self._waited_ns(wall_ns))

    def _waited_ns(self, wall_ns: int) -> int | None:
        if self.waited is None:
            return None
        share = self.waited.pop(0) if len(self.waited) > 1 else self.waited[0]
        return round(share * wall_ns)

    def _check(self) -> str:
        return self.wrong

    def _release(self) -> None:
        pass
