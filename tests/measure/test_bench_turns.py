"""Warm-up and turns of a bench, by a clock that only its calls move."""

import pytest
from fake_time import FakeClock

from spbench.measure import bench as bench_module
from spbench.measure.bench import Bench, Prepared
from spbench.measure.timing import Timing


class StubBench(Bench):
    """Its calls take what ``durations_ns`` says, the last one for ever."""

    def __init__(self, clock, durations_ns):
        super().__init__(clock)
        self.counts = []
        self._fake = clock
        self._durations = list(durations_ns)

    def run(self, count):
        self.counts.append(count)
        once = self._durations.pop(0) if len(self._durations) > 1 else self._durations[0]
        self._fake.advance(count * once)
        return Timing(count, count * once, count * once)

    def prepare(self, task):
        return Prepared("ok")

    def check(self):
        return ""

    def release(self):
        pass


@pytest.mark.parametrize(("hot_ns", "hot_calls"), [(0, 0), (1, 1), (100, 1), (101, 2), (950, 10)])
def test_untimed_calls_until_hot(hot_ns, hot_calls):
    bench = StubBench(FakeClock(), [100])
    timing = bench.turn(0, 7, hot_ns)
    assert bench.counts == [1] * hot_calls + [7]
    assert timing == Timing(7, 700, 700)


@pytest.mark.parametrize(
    ("told", "waited_ns"),
    [([{"a": 5}, {"a": 65}], 60), ([{"a": 5}, {"a": 5005}], 700), ([{}, {}], None)],
)
def test_several_threads_tell_how_long_one_waited(monkeypatch, told, waited_ns):
    """Never longer than the calls: some of it may have been before or after them."""
    monkeypatch.setattr(bench_module, "run_delays", lambda folder: told.pop(0))
    bench = StubBench(FakeClock(), [100])
    assert bench.turn(0, 7, 0).waited_ns is None and len(told) == 2
    bench._threads = 2
    assert bench.turn(0, 7, 0) == Timing(7, 700, 700, waited_ns)


def test_one_hot_call_if_it_is_long():
    bench = StubBench(FakeClock(), [5_000])
    bench.turn(0, 1, 200)
    assert bench.counts == [1, 1]


def test_warm_up_tells_the_fastest_call():
    bench = StubBench(FakeClock(), [900, 300, 200, 250])
    assert bench.warm_up(2_000) == 200
    assert len(bench.counts) == 6


def test_warm_up_runs_at_least_once():
    assert StubBench(FakeClock(), [900]).warm_up(0) == 900
