"""The search for the highest throughput finds it with few trials, and says what it tried."""

import pytest

from spbench.measure.statistics import Interval
from spbench.sweeps.models.limit_search import Trial, best_of, search

MS = 1e6


def machine(ms_a_sentence, overhead_ms=0.0, tried=None):
    """A runtime whose calls take a time that grows with the batch."""

    def measure(batch):
        if tried is not None:
            tried.append(batch)
        ms = overhead_ms + ms_a_sentence * batch
        return Trial(1, 1, batch, Interval(ms * MS, ms * MS, ms * MS), ms * MS, 1e3 * batch / ms, 0)

    return measure


@pytest.mark.parametrize("largest", range(1, 9))
def test_the_largest_batch_within_the_limit_is_found(largest):
    batches = []
    tried = search(machine(1, 0.5, batches), (largest + 0.9) * MS, 8)
    assert best_of(tried, (largest + 0.9) * MS).batch == largest
    assert [trial.batch for trial in tried] == batches
    assert len(batches) == len(set(batches)) <= 5


def test_one_trial_is_enough_where_already_one_sentence_is_too_slow():
    tried = search(machine(30), 20 * MS, 8)
    assert [trial.batch for trial in tried] == [1]
    assert best_of(tried, 20 * MS) is None


def test_a_smaller_batch_wins_where_its_throughput_is_higher():
    def measure(batch):
        ms = 1.0 if batch == 1 else 10.0 * batch
        return Trial(1, 1, batch, Interval(ms, ms, ms), ms * MS, 1e3 * batch / ms, 0)

    assert best_of(search(measure, 100 * MS, 8), 100 * MS).batch == 1
