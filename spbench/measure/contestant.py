"""One backend's way through one case: its turns, its samples, its failures."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from spbench.measure.bench import Prepared
from spbench.measure.clock import Clock
from spbench.measure.player import Answer, Player, PlayerFailed
from spbench.measure.settings import MIN_ROUNDS, Protocol
from spbench.measure.statistics import median_interval
from spbench.measure.timing import Timing
from spbench.store.schema import Status

LONG_CALL_NS = 10_000_000
"""A call of 10 ms is as good as hot: what is cold at its start is less than a percent of it."""

TURN_MARGIN = 1.1
"""Calls may get faster after the warm-up; a turn lasts its minimum nevertheless."""

IDLE_SHARE_LIMIT = 0.10
IDLE_NS_LIMIT = 1_000_000
"""A worker is caught when it burned more than both while it was not its turn."""


LOST_SHARE_LIMIT = 0.10
"""Of a turn's wall time without the core: more of it makes the turn disturbed."""

MOST_REPEATS = 3
"""A turn that lost the core is taken again so often at most, in each round."""

MOST_RECOUNTS = 4
"""A turn is given more calls so often at most: calls may get faster while they are counted."""


@dataclass
class Measurement:
    """What a case has to say about one backend; samples are ns a call, one a round.

    ``lost_shares`` says of each sample for which share of its time others had the core, None where
    that is not known; ``disturbed_rounds`` are the indices of samples that lost it in every try.
    ``control`` has a sample for each round too, and maybe more of them: others went on longer.
    """

    name: str
    status: Status = Status.OK
    reason: str = ""
    facts: Any = None
    calls_per_turn: int = 0
    samples_ns: list[float] = field(default_factory=list)
    cpu_samples_ns: list[float] = field(default_factory=list)
    lost_shares: list[float | None] = field(default_factory=list)
    idle_share: float = 0.0
    turns_repeated: int = 0
    disturbed_rounds: list[int] = field(default_factory=list)
    control: Measurement | None = None


def lost_of(timing: Timing, threads: int) -> float | None:
    """The share of its wall time in which others had the core; None if that is not known.

    Of several threads, it is that of the one that waited longest.
    """
    if threads == 1:
        return max(0.0, 1 - timing.cpu_ns / timing.wall_ns)
    return None if timing.waited_ns is None else timing.waited_ns / timing.wall_ns


class Contestant:
    """Speaks to one player and keeps what it answers. A failure ends its part, never the case.

    On a machine that others use too, short turns slip in between the scheduler's slices (some ms)
    while long ones lose the core, so that the noise is in favour of the quick backend. On one
    thread that shows: CPU time is less than wall time. Several threads wait for each other off
    the core too; there the time counts that one of them was ready to run and had none. Such a
    turn is taken again at once. A call that is longer than a slice finds no undisturbed moment, however often it is
    tried; its samples are kept, and marked, for whoever compares them.
    """

    def __init__(self, player: Player, settings: Protocol, clock: Clock, threads: int = 1):
        self._player = player
        self._settings = settings
        self._clock = clock
        self._threads = threads
        self._spent_ns = 0
        self._turns_ns = 0
        self._call_ns = 0
        self._idle_wall_ns = 0
        self._idle_cpu_ns = 0
        self.measurement = Measurement(player.name)

    @property
    def alive(self) -> bool:
        return self.measurement.status is Status.OK

    def prepare(self, task: Any) -> None:
        """Let it take up the task; wrong numbers, or none, end its part here."""
        answer = self._ask("prepare", task)
        if answer is None:
            return
        prepared: Prepared = answer.value
        self.measurement.facts = prepared.facts
        self._call_ns = prepared.call_ns
        if prepared.status != Status.OK:
            self._end(Status(prepared.status), prepared.reason)

    def warm_up(self) -> None:
        """Run it warm and fix the number of calls in a turn.

        A call longer than the warm-up is not repeated for it.
        """
        duration_ns = self._settings.warmup_ms * 1e6
        if self._call_ns < duration_ns:
            answer = self._ask("warm_up", duration_ns)
            if answer is None:
                return
            self._call_ns = answer.value
        self._count_calls()

    def _count_calls(self) -> None:
        turn_ns = self._settings.min_turn_us * 1e3 * TURN_MARGIN
        self.measurement.calls_per_turn = max(1, math.ceil(turn_ns / max(1, self._call_ns)))

    def wants_turn(self, round_index: int, share_ns: float) -> bool:
        """Whether it takes part in this round: it lives, and has time of its share left."""
        return self.alive and (round_index < MIN_ROUNDS or self._turns_ns < share_ns)

    def is_precise(self, precision: float) -> bool:
        """Whether the interval of its median is narrower than ``precision`` times the median."""
        interval = median_interval(self.measurement.samples_ns)
        return interval.high - interval.low < precision * interval.value

    def turn(self, round_index: int, share_ns: float) -> None:
        """Wake it, let it get hot, time its calls; again if it lost the core and has time left.

        Of several tries the one counts that had most of the core.
        """
        best = self._try(round_index)
        repeats = 0
        while (
            best is not None
            and self._is_disturbed(best)
            and repeats < MOST_REPEATS
            and self._turns_ns < share_ns
        ):
            repeats += 1
            again = self._try(round_index)
            best = None if again is None else min(best, again, key=self._lost_or_0)
        self.measurement.turns_repeated += repeats
        if best is not None:
            self._keep(best)

    def _try(self, round_index: int) -> Timing | None:
        """A turn that lasts its minimum.

        It does not if all calls of the warm-up were disturbed, so that too few fill a turn. One
        call is no fair sample beside many: it pays for waking up. So the calls are counted anew.
        """
        for _ in range(MOST_RECOUNTS):
            timing = self._timed_calls(round_index)
            if timing is None or timing.wall_ns >= self._settings.min_turn_us * 1e3:
                break
            self._call_ns = timing.wall_ns // timing.count
            self._count_calls()
        return timing

    def _timed_calls(self, round_index: int) -> Timing | None:
        hot_ns = 0 if self._call_ns >= LONG_CALL_NS else self._settings.hot_us * 1e3
        spent_before_ns = self._spent_ns
        answer = self._ask("turn", round_index, self.measurement.calls_per_turn, hot_ns)
        if answer is None:
            return None
        self._turns_ns += self._spent_ns - spent_before_ns
        self._count_idle(answer)
        return answer.value

    def _lost_or_0(self, timing: Timing) -> float:
        return lost_of(timing, self._threads) or 0.0

    def _is_disturbed(self, timing: Timing) -> bool:
        return self._lost_or_0(timing) > LOST_SHARE_LIMIT

    def _keep(self, timing: Timing) -> None:
        if self._is_disturbed(timing):
            self.measurement.disturbed_rounds.append(len(self.measurement.samples_ns))
        self.measurement.lost_shares.append(lost_of(timing, self._threads))
        self.measurement.samples_ns.append(timing.wall_ns / timing.count)
        self.measurement.cpu_samples_ns.append(timing.cpu_ns / timing.count)

    def check(self) -> None:
        """Look at the numbers of the last timed run."""
        answer = self._ask("check")
        if answer is not None and answer.value:
            self._end(Status.WRONG, f"after timing: {answer.value}")

    def release(self) -> None:
        """Let it drop the task; a failure here says nothing about the numbers before."""
        try:
            self._player.ask("release", timeout_s=self._settings.case_timeout_s)
        except (PlayerFailed, TimeoutError):
            pass  # the player starts anew for the next case

    def _count_idle(self, answer: Answer) -> None:
        if self.measurement.samples_ns:  # before the first turn it waited for others' warm-up
            self._idle_wall_ns += answer.idle_wall_ns
            self._idle_cpu_ns += answer.idle_cpu_ns
        if self._idle_cpu_ns > IDLE_NS_LIMIT:
            share = self._idle_cpu_ns / max(1, self._idle_wall_ns)
            self.measurement.idle_share = share if share > IDLE_SHARE_LIMIT else 0.0

    def _ask(self, method: str, *args: Any) -> Answer | None:
        limit_s = self._settings.case_timeout_s
        start_ns = self._clock.now_ns()
        try:
            return self._player.ask(
                method, *args, timeout_s=max(0.0, limit_s - self._spent_ns / 1e9)
            )
        except TimeoutError:
            self._end(Status.FAILED, f"took more than {limit_s:g} s for the case, in {method}")
        except PlayerFailed as error:
            self._end(Status.FAILED, f"{error}, in {method}")
        finally:
            self._spent_ns += self._clock.now_ns() - start_ns
        return None

    def _end(self, status: Status, reason: str) -> None:
        self.measurement.status = status
        self.measurement.reason = reason
