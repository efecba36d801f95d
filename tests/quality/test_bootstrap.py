"""Intervals over texts, checked with what theory and another library say."""

from __future__ import annotations

import numpy as np
import pytest

from spbench.quality.bootstrap import mean_estimate, rank_correlation_estimate


def test_a_mean_has_the_interval_of_its_standard_error():
    values = np.random.default_rng(3).normal(5, 2, 4000)
    found = mean_estimate(values)
    assert found.value == pytest.approx(values.mean())
    assert found.high - found.low == pytest.approx(2 * 1.96 * 2 / 4000**0.5, rel=0.1)


def test_the_same_texts_give_the_same_interval():
    values = np.arange(50) % 7
    assert mean_estimate(values) == mean_estimate(values)


@pytest.mark.parametrize("ties", [False, True])
def test_rank_correlation_is_spearmans(ties):
    stats = pytest.importorskip("scipy.stats", reason="checked against scipy")
    first, noise = np.random.default_rng(0).normal(size=(2, 400))
    second = first + noise
    if ties:
        first, second = first.round(), second.round()
    found = rank_correlation_estimate(first, second)
    assert found.value == pytest.approx(stats.spearmanr(first, second).statistic)
    assert found.low < found.value < found.high
    assert found.high - found.low < 0.2


def test_resampled_ranks_are_those_of_the_drawn_values():
    stats = pytest.importorskip("scipy.stats", reason="checked against scipy")
    from spbench.quality.bootstrap import _Ranks

    generator = np.random.default_rng(1)
    values = generator.integers(0, 6, 30).astype(float)
    counts = np.bincount(generator.integers(0, 30, 30), minlength=30).astype(float)
    drawn = np.repeat(np.arange(30), counts.astype(int))
    ranks = _Ranks(values).of(counts[None])[0][drawn]
    np.testing.assert_allclose(ranks + 0.5, stats.rankdata(values[drawn]))


def test_equal_vectors_correlate_fully():
    values = np.random.default_rng(0).normal(size=100)
    found = rank_correlation_estimate(values, values)
    assert (found.low, found.value, found.high) == pytest.approx((1, 1, 1))
