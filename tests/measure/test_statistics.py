"""Intervals that cover, verdicts that do not jump to conclusions."""

from __future__ import annotations

import numpy as np
import pytest

from spbench.measure.statistics import (
    Interval,
    Verdict,
    median_interval,
    paired_ratios,
    speedup,
    verdict,
    verdicts,
)


def test_bounds_of_a_median_are_order_statistics():
    assert median_interval(range(1, 16)) == Interval(3, 8, 13)  # Conover, table A3: n = 15, 99 %
    assert median_interval(range(1, 9)) == Interval(1, 4.5, 8)
    # Both tails count: P(X <= 3) of 17 is 0.0064, twice that is more than 1 %.
    assert median_interval(range(1, 18)) == Interval(3, 9, 15)
    assert median_interval([7.0]) == Interval(7, 7, 7)
    with pytest.raises(ValueError, match="no samples"):
        median_interval([])


@pytest.mark.parametrize("count", [8, 12, 25])
def test_the_interval_covers_the_median_as_often_as_it_says(count):
    """Whatever the distribution: here a skewed one, whose median is 1."""
    generator = np.random.default_rng(count)
    samples = np.exp(generator.exponential(1, (4000, count)) - np.log(2))
    hits = sum(one.low <= 1 <= one.high for one in map(median_interval, samples))
    assert hits / 4000 >= 0.985


def test_ratios_are_paired_round_by_round():
    drifting = np.linspace(100, 200, 20)
    assert speedup(3 * drifting, drifting) == Interval(3, 3, 3)
    np.testing.assert_allclose(paired_ratios([2, 4, 6], [1, 2]), [2, 2])


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        (Interval(1.02, 1.1, 1.2), Verdict.FASTER),
        (Interval(1.005, 1.1, 1.2), Verdict.UNDECIDED),
        (Interval(0.9, 1.1, 1.2), Verdict.UNDECIDED),
        (Interval(0.8, 0.9, 0.985), Verdict.SLOWER),
        (Interval(0.8, 0.9, 0.995), Verdict.UNDECIDED),
    ],
)
def test_a_verdict_needs_the_whole_interval(interval, expected):
    assert verdict(interval) is expected


def test_one_case_alone_gets_the_verdict_of_its_interval():
    generator = np.random.default_rng(1)
    for shift in (0.9, 0.99, 1.0, 1.02, 1.05, 2.0):
        for count in (8, 9, 16, 33):
            ratios = shift * generator.normal(1, 0.02, count)
            assert verdicts([ratios]) == [verdict(median_interval(ratios))], (shift, count)


def test_a_sign_test_counts_both_tails():
    ratios = np.array([0.9] * 3 + [1.1] * 14)
    assert verdicts([ratios]) == [Verdict.UNDECIDED]
    assert verdicts([1 / ratios]) == [Verdict.UNDECIDED]
    assert verdicts([np.array([0.9] * 2 + [1.1] * 15)]) == [Verdict.FASTER]


@pytest.mark.parametrize("count", [1023, 1024, 5000])
def test_many_samples(count):
    """2.0**1024 is more than a float holds. A normal approximation says where the bounds lie."""
    samples = np.arange(count, dtype=float)
    interval = median_interval(samples)
    half_width = 2.576 * np.sqrt(count) / 2
    assert interval.value - interval.low == pytest.approx(half_width, abs=2)
    assert interval.high - interval.value == pytest.approx(half_width, abs=2)
    assert verdicts([np.full(count, 2.0)]) == [Verdict.FASTER]
    assert verdicts([np.resize([0.5, 2.0], count)]) == [Verdict.UNDECIDED]


def test_many_equal_pairs_stay_undecided():
    """Uncorrected, one in a hundred would be called; corrected, hardly one in a hundred families."""
    generator = np.random.default_rng(2)
    false = 0
    for _ in range(100):
        family = generator.normal(1, 0.03, (100, 20))
        false += any(each is not Verdict.UNDECIDED for each in verdicts(family, indifference=0))
    assert false <= 5


def test_clear_cases_are_still_called_among_many():
    generator = np.random.default_rng(3)
    family = [generator.normal(3, 0.1, 8) for _ in range(90)]
    family += [generator.normal(1, 0.02, 8) for _ in range(10)]
    called = verdicts(family)
    assert called[:90] == [Verdict.FASTER] * 90
    assert called[90:].count(Verdict.UNDECIDED) >= 9


def test_no_cases_no_verdicts():
    assert verdicts([]) == []
