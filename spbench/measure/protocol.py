"""What happens in a case, in order: prepare, warm up, rounds of turns, check again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from spbench.measure.clock import Clock, SystemClock
from spbench.measure.contestant import Contestant, Measurement
from spbench.measure.player import Player
from spbench.measure.settings import LOOKS, Protocol
from spbench.measure.turn_order import turn_order
from spbench.store.schema import Status


def measure_case(
    players: Sequence[Player],
    task: Any,
    settings: Protocol,
    clock: Clock | None = None,
    threads: int = 1,
    control: Player | None = None,
) -> list[Measurement]:
    """Measure ``task`` with every player; one :class:`Measurement` each, in their order.

    ``threads`` is what each player uses: it decides what tells whether others had the core, so
    that a disturbed turn is taken again (see :class:`Contestant`).
    ``control`` takes turns with the players, in every round; what it measured is the
    ``control`` of every measurement. When it fails, that is None, and nothing else happens.

    Players prepare one after the other, so that packing is timed undisturbed too.
    Their numbers are checked before the first and after the last round. Nothing
    that a player does, dying included, keeps the others from going on.
    """
    clock = clock or SystemClock()
    contestants = [Contestant(player, settings, clock, threads) for player in players]
    controls = [Contestant(player, settings, clock, threads) for player in [control] if player]
    everyone = contestants + controls
    for contestant in everyone:
        contestant.prepare(task)
    for contestant in everyone:
        if contestant.alive:
            contestant.warm_up()
    _play_rounds(contestants, controls, settings)
    for contestant in everyone:
        if contestant.alive:
            contestant.check()
        contestant.release()
    measurements = [contestant.measurement for contestant in contestants]
    _tell_who_was_not_idle([one.measurement for one in everyone])
    for measurement in measurements:
        measurement.control = next((one.measurement for one in controls if one.alive), None)
    return measurements


def _play_rounds(
    contestants: list[Contestant], controls: list[Contestant], settings: Protocol
) -> None:
    """Rounds in which each contestant has one turn, until all are precise, or ``rounds`` or the
    budget is reached.

    The budget is shared out. One with long calls has used up its share after few
    rounds and leaves (never before 8), the quick ones go on with theirs. A control plays as
    long as anyone does, so that each of its samples belongs to a round of all others.
    """
    share_ns = settings.case_budget_s * 1e9 / max(1, sum(one.alive for one in contestants))
    for index in range(settings.rounds):
        playing = [one for one in contestants if one.wants_turn(index, share_ns)]
        if not playing:
            break
        with_controls = playing + [one for one in controls if one.alive]
        for place in turn_order(len(with_controls), index):
            with_controls[place].turn(index, share_ns)
        if index + 1 in LOOKS and _are_precise(playing, settings.precision):
            break


def _are_precise(contestants: Sequence[Contestant], precision: float) -> bool:
    return all(one.is_precise(precision) for one in contestants if one.alive)


def _tell_who_was_not_idle(measurements: list[Measurement]) -> None:
    """Mark who burned CPU while it was not its turn, and whose times that disturbed."""
    restless = [one for one in measurements if one.idle_share > 0]
    for measurement in measurements:
        if measurement.status is not Status.OK:
            continue
        if measurement in restless:
            measurement.reason = (
                f"kept {measurement.idle_share:.2f} cores busy while it was not its turn"
            )
        elif restless:
            names = ", ".join(one.name for one in restless)
            measurement.reason = f"disturbed: {names} did not rest between turns"
