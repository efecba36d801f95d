"""What several instances answer together is judged by the slowest of them."""

import pytest

from spbench.measure.timing import Timing
from spbench.sweeps.models.instances import trial_of

MS = 1_000_000


def calls(count, wall_ms, cpu_ms=None):
    return [Timing(1, int(wall_ms * MS), int((cpu_ms or wall_ms) * MS))] * count


def test_throughput_is_that_of_all_instances_together():
    found = trial_of([calls(100, 1), calls(50, 2)], batch=4, threads=1)
    assert found.throughput == pytest.approx(4 * (1000 + 500))
    assert (found.instances, found.lost_share) == (2, 0)


def test_a_slow_instance_is_not_hidden_by_the_many_calls_of_a_quick_one():
    found = trial_of([calls(5000, 0.2), calls(10, 30)], batch=1, threads=1)
    assert found.p99_ns == 30 * MS


def test_calls_that_lost_the_core_are_left_out_and_counted():
    found = trial_of([calls(80, 1) + calls(20, 5, cpu_ms=1)], batch=1, threads=1)
    assert (found.p99_ns, found.lost_share) == (1 * MS, pytest.approx(0.2))


def test_where_all_lost_the_core_they_stay_and_that_is_said():
    found = trial_of([calls(20, 5, cpu_ms=1)], batch=1, threads=1)
    assert (found.p99_ns, found.lost_share) == (5 * MS, 1)
