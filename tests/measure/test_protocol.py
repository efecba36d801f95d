"""What happens in a case, with a clock and players that do as they are told."""

import pytest
from fake_time import FakeClock, FakePlayer

from spbench.measure.bench import Prepared
from spbench.measure.contestant import Contestant
from spbench.measure.player import PlayerFailed
from spbench.measure.protocol import measure_case
from spbench.measure.settings import Protocol
from spbench.measure.timing import Timing
from spbench.store.schema import Status


@pytest.fixture
def clock():
    return FakeClock()


def measure(clock, *players, threads=1, control=None, **settings):
    """Without a precision to be reached, so that every round is played."""
    settings = Protocol(**{"precision": 0} | settings)
    return measure_case(players, "task", settings, clock, threads, control)


def test_everyone_has_a_turn_in_every_round(clock):
    players = [FakePlayer(name, clock) for name in "abc"]
    results = measure(clock, *players, rounds=12)
    assert [result.name for result in results] == ["a", "b", "c"]
    for player, result in zip(players, results, strict=True):
        assert result.status is Status.OK and result.reason == ""
        assert result.samples_ns == [10_000] * 12 and result.facts == "facts"
        assert player.log[0] == ("prepare", "task")
        assert [entry[0] for entry in player.log[-2:]] == ["check", "release"]


def test_timed_calls_of_a_turn_last_their_minimum(clock):
    player = FakePlayer("a", clock, call_ns=7_000)
    (result,) = measure(clock, player, rounds=8, min_turn_us=200)
    assert result.calls_per_turn * 7_000 >= 200_000
    turns = [entry for entry in player.log if entry[0] == "turn"]
    assert turns == [("turn", index, result.calls_per_turn, 200_000) for index in range(8)]


def test_count_comes_from_the_warm_up_not_from_the_first_call(clock):
    player = FakePlayer("a", clock, prepared=Prepared("ok", call_ns=900_000))
    (result,) = measure(clock, player, rounds=8, min_turn_us=200)
    assert 22 <= result.calls_per_turn <= 23  # 200 us and a tenth, in calls of 10 us


def test_a_turn_is_filled_though_the_warm_up_was_disturbed(clock):
    """Every call of the warm-up took 20 ms, so that one seemed to fill a turn."""
    player = FakePlayer("a", clock, call_ns=10_000)
    player._warm_up = lambda duration_ns: 20_000_000
    (result,) = measure(clock, player, rounds=8, min_turn_us=200)
    turns = [entry[1:] for entry in player.log if entry[0] == "turn"]
    assert turns[0] == (0, 1, 0)
    calls = result.calls_per_turn
    assert 22 <= calls <= 23  # 200 us and a tenth, in calls of 10 us
    assert turns[1:] == [(index, calls, 200_000) for index in range(8)]
    assert result.turns_repeated == 0
    assert result.samples_ns == [10_000] * 8


def test_counting_the_calls_anew_comes_to_an_end(clock):
    player = FakePlayer("a", clock)
    player._turn = lambda index, count, hot_ns: Timing(count, 1000, 1000)  # however many there are
    (result,) = measure(clock, player, rounds=8)
    assert len(result.samples_ns) == 8


def test_long_calls_are_made_once_a_turn_and_need_no_warming(clock):
    player = FakePlayer("a", clock, call_ns=300_000_000)
    (result,) = measure(clock, player)
    assert player.asked("warm_up") == 0
    assert {entry[2:] for entry in player.log if entry[0] == "turn"} == {(1, 0)}
    assert len(result.samples_ns) == 8


def test_who_has_used_up_its_share_leaves_and_the_others_go_on(clock):
    slow, quick = FakePlayer("slow", clock, call_ns=50_000_000), FakePlayer("quick", clock)
    results = measure(clock, slow, quick, rounds=50, case_budget_s=0.6)
    assert [len(result.samples_ns) for result in results] == [8, 50]
    assert all(result.status is Status.OK for result in results)


def test_the_budget_ends_the_case(clock):
    players = [FakePlayer(name, clock) for name in "ab"]
    results = measure(clock, *players, rounds=10_000, case_budget_s=0.1)
    assert 8 < len(results[0].samples_ns) < 200
    assert abs(len(results[0].samples_ns) - len(results[1].samples_ns)) <= 1


def test_the_case_ends_when_everyone_is_precise(clock):
    players = [FakePlayer(name, clock) for name in "ab"]
    results = measure(clock, *players, rounds=50, precision=0.005)
    assert [len(result.samples_ns) for result in results] == [16, 16]


def test_one_that_is_not_precise_keeps_everyone_at_it(clock):
    steady, shaky = FakePlayer("steady", clock), FakePlayer("shaky", clock, jitter=0.05)
    results = measure(clock, steady, shaky, rounds=40, precision=0.005)
    assert [len(result.samples_ns) for result in results] == [40, 40]


@pytest.mark.parametrize(("precise_from", "rounds"), [(1, 16), (17, 24), (25, 32), (33, 50)])
def test_a_case_looks_for_its_end_after_few_numbers_of_rounds(
    clock, monkeypatch, precise_from, rounds
):
    monkeypatch.setattr(
        Contestant,
        "is_precise",
        lambda self, precision: len(self.measurement.samples_ns) >= precise_from,
    )
    (result,) = measure(clock, FakePlayer("a", clock), rounds=200, case_budget_s=10)
    assert len(result.samples_ns) == rounds


def test_a_disturbed_turn_is_taken_again_in_the_same_round(clock):
    player = FakePlayer("a", clock, lost=[0, 0, 0.5, 0.5, 0.02, 0])
    (result,) = measure(clock, player, rounds=8)
    rounds = [entry[1] for entry in player.log if entry[0] == "turn"]
    assert rounds == [0, 1, 2, 2, 2, 3, 4, 5, 6, 7]
    assert result.turns_repeated == 2 and result.disturbed_rounds == []
    assert len(result.samples_ns) == 8 and max(result.samples_ns) < 10_300


def test_a_turn_that_stays_disturbed_is_kept_at_its_best_and_marked(clock):
    player = FakePlayer("a", clock, lost=[0, 0.6, 0.5, 0.2, 0.4, 0])
    (result,) = measure(clock, player, rounds=8)
    assert result.turns_repeated == 3 and result.disturbed_rounds == [1]
    assert result.samples_ns[1] == pytest.approx(10_000 / 0.8, rel=1e-3)
    assert result.cpu_samples_ns == [10_000] * 8


def test_long_calls_that_never_have_the_core_alone_do_not_outlast_their_share(clock):
    player = FakePlayer("a", clock, call_ns=20_000_000, lost=[0.5])
    (result,) = measure(clock, player, case_budget_s=0.25)
    assert len(result.samples_ns) == 8 and result.disturbed_rounds == list(range(8))
    assert result.turns_repeated == 3 + 2  # 40 ms a try: the seventh has used up the share
    assert result.status is Status.OK


def test_a_twentieth_of_the_core_is_not_worth_a_repeat(clock):
    (result,) = measure(clock, FakePlayer("a", clock, lost=[0.05]), rounds=8)
    assert result.turns_repeated == 0 and result.disturbed_rounds == []


def test_several_threads_wait_for_each_other_and_are_not_taken_for_disturbed(clock):
    (result,) = measure(clock, FakePlayer("a", clock, lost=[0.5]), threads=2, rounds=8)
    assert result.turns_repeated == 0 and result.disturbed_rounds == []
    assert result.lost_shares == [None] * 8


def test_several_threads_of_which_one_waited_for_a_core_are(clock):
    waited = [0, 0.5, 0.05, 0.4, 0.6, 0.3, 0.7, 0.02]
    (result,) = measure(clock, FakePlayer("a", clock, waited=waited), threads=2, rounds=8)
    assert result.turns_repeated == 1 + 3 and result.disturbed_rounds == [2]
    assert result.lost_shares == pytest.approx([0, 0.05, 0.3, *[0.02] * 5], abs=1e-4)


def test_one_thread_has_its_cpu_time_to_tell(clock):
    player = FakePlayer("a", clock, lost=[0.04], waited=[0.9])
    (result,) = measure(clock, player, rounds=8)
    assert result.turns_repeated == 0
    assert result.lost_shares == pytest.approx([0.04] * 8, abs=1e-3)


def test_one_that_dies_while_it_repeats_fails(clock):
    player = FakePlayer("a", clock, lost=[0.5])
    first_turn = player._turn

    def die_next(*args):
        player.breaks["turn"] = PlayerFailed("gone")
        return first_turn(*args)

    player._turn = die_next
    (result,) = measure(clock, player)
    assert (result.status, result.reason) == (Status.FAILED, "gone, in turn")
    assert result.samples_ns == [] and player.asked("turn") == 2


@pytest.mark.parametrize("method", ["prepare", "warm_up", "turn", "check"])
def test_one_that_fails_leaves_the_others_alone(clock, method):
    broken = FakePlayer("broken", clock, breaks={method: PlayerFailed("worker killed by SIGSEGV")})
    sound = FakePlayer("sound", clock)
    first, second = measure(clock, broken, sound, rounds=8)
    assert first.status is Status.FAILED
    assert first.reason == f"worker killed by SIGSEGV, in {method}"
    assert second.status is Status.OK and len(second.samples_ns) == 8


def test_one_that_does_not_answer_says_how_long_it_had(clock):
    silent = FakePlayer("silent", clock, breaks={"turn": TimeoutError()})
    (result,) = measure(clock, silent, case_timeout_s=30)
    assert (result.status, result.reason) == (
        Status.FAILED,
        "took more than 30 s for the case, in turn",
    )


@pytest.mark.parametrize("status", ["wrong", "unsupported", "unavailable"])
def test_who_is_not_fit_has_no_turn(clock, status):
    unfit = FakePlayer("unfit", clock, prepared=Prepared(status, "why"))
    (result,) = measure(clock, unfit)
    assert (result.status, result.reason, result.samples_ns) == (Status(status), "why", [])
    assert unfit.asked("turn") == unfit.asked("warm_up") == 0


def test_numbers_are_looked_at_again_after_timing(clock):
    (result,) = measure(clock, FakePlayer("a", clock, wrong="Y[0, 0] is 1, not 2"), rounds=8)
    assert (result.status, result.reason) == (Status.WRONG, "after timing: Y[0, 0] is 1, not 2")


@pytest.mark.parametrize("error", [PlayerFailed("gone"), TimeoutError()])
def test_failing_to_release_costs_nothing(clock, error):
    (result,) = measure(clock, FakePlayer("a", clock, breaks={"release": error}))
    assert result.status is Status.OK


def test_who_does_not_rest_is_named_in_every_row(clock):
    restless, calm = FakePlayer("restless", clock, idle_share=0.9), FakePlayer("calm", clock)
    unfit = FakePlayer("unfit", clock, prepared=Prepared("unsupported", "odd M"))
    first, second, third = measure(clock, restless, calm, unfit)
    assert first.status is second.status is Status.OK
    assert first.reason == "kept 0.90 cores busy while it was not its turn"
    assert second.reason == "disturbed: restless did not rest between turns"
    assert third.reason == "odd M"


def test_a_little_stir_is_forgiven(clock):
    for changes in ({"idle_share": 0.05}, {"idle_share": 0.5, "idle_ns": 10_000}):
        (result,) = measure(clock, FakePlayer("a", clock, **changes), rounds=50)
        assert result.reason == ""


def test_a_control_has_a_turn_in_every_round_and_is_nobody_elses_measurement(clock):
    slow, quick = FakePlayer("slow", clock, call_ns=50_000_000), FakePlayer("quick", clock)
    control = FakePlayer("control", clock, call_ns=50_000)
    results = measure(clock, slow, quick, control=control, rounds=50, case_budget_s=0.6)
    assert [result.name for result in results] == ["slow", "quick"]
    assert [len(result.samples_ns) for result in results] == [8, 50]
    assert results[0].control is results[1].control
    assert results[0].control.samples_ns == [50_000] * 50
    assert [entry[1] for entry in control.log if entry[0] == "turn"] == list(range(50))


def test_a_control_takes_nothing_of_the_budget_and_plays_with_others_only(clock):
    player, control = FakePlayer("a", clock), FakePlayer("control", clock, call_ns=900_000)
    (alone,) = measure(clock, player, rounds=1000, case_budget_s=0.1)
    (result,) = measure(
        clock, FakePlayer("a", clock), control=control, rounds=1000, case_budget_s=0.1
    )
    assert len(result.samples_ns) == len(alone.samples_ns)
    assert len(result.control.samples_ns) == len(result.samples_ns)


def test_a_case_is_precise_when_its_backends_are(clock):
    control = FakePlayer("control", clock, jitter=0.5)
    (result,) = measure(clock, FakePlayer("a", clock), control=control, precision=0.005)
    assert len(result.samples_ns) == 16


@pytest.mark.parametrize("method", ["prepare", "warm_up", "turn", "check"])
def test_a_case_without_its_control_is_still_measured(clock, method):
    control = FakePlayer("control", clock, breaks={method: PlayerFailed("gone")})
    (result,) = measure(clock, FakePlayer("a", clock), control=control, rounds=8)
    assert result.status is Status.OK and len(result.samples_ns) == 8
    assert result.control is None and result.reason == ""
