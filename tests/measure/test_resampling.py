"""Intervals of what is made of many cases: they cover, and errors cancel in them."""

from __future__ import annotations

import numpy as np
import pytest

from spbench.measure.resampling import percentile_interval, resampled_medians
from spbench.measure.statistics import median_interval


def test_the_bootstrap_of_a_mean_covers_and_is_narrower_than_its_parts():
    generator = np.random.default_rng(4)
    hits, widths = 0, []
    for family in range(200):
        cases = [generator.normal(2, 0.1, 20) for _ in range(30)]
        drawn = [resampled_medians(each, (family, i), 500) for i, each in enumerate(cases)]
        mean = float(np.mean([np.median(each) for each in cases]))
        interval = percentile_interval(mean, np.mean(drawn, axis=0))
        hits += interval.low <= 2 <= interval.high
        widths.append(interval.high - interval.low)
    one = median_interval(cases[0])
    assert hits >= 190
    assert np.mean(widths) < 0.5 * (one.high - one.low)


def test_rows_are_drawn_together():
    """A ratio of both times of a round stays what it is."""
    times = np.stack([np.linspace(100, 200, 15), np.linspace(10, 20, 15)], axis=1)
    drawn = resampled_medians(times[np.random.default_rng(7).permutation(15)], seed=0)
    np.testing.assert_allclose(drawn[:, 0] / drawn[:, 1], 10)
    assert len(np.unique(drawn[:, 0])) > 5


@pytest.mark.parametrize("rounds", [1, 2, 7, 8, 50, 300])
def test_resampled_medians_are_medians_of_drawn_rounds(rounds):
    """The mean and the spread of NumPy's medians of drawn rounds, and no value between rounds."""
    generator = np.random.default_rng(rounds)
    samples = generator.normal(100, 10, (rounds, 2))
    found = resampled_medians(samples, seed=1, resamples=20000)
    drawn = samples[generator.integers(0, rounds, (20000, rounds))]
    expected = np.median(drawn, axis=1)
    assert found.shape == (20000, 2)
    np.testing.assert_allclose(found.mean(axis=0), expected.mean(axis=0), atol=0.3)
    np.testing.assert_allclose(found.std(axis=0), expected.std(axis=0), atol=0.3)
    if rounds % 2:
        assert np.isin(found, samples).all()


def test_cases_with_seeds_of_their_own_are_drawn_independently():
    samples = np.random.default_rng(6).normal(1, 0.1, 20)
    first, again, other = (resampled_medians(samples, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert abs(np.corrcoef(first, other)[0, 1]) < 0.1


def test_a_percentile_interval_may_be_open():
    """A break-even that some resamples never reach has no upper bound."""
    resampled = np.append(np.linspace(0, 1, 990), [np.inf] * 10)
    assert percentile_interval(0.5, resampled).high == np.inf
    assert percentile_interval(0.5, resampled, confidence=0.9).high < 1
