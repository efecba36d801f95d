"""Outliers and drifts that are put into samples are found; what is mere noise is not."""

import numpy as np
import pytest

from spbench.measure.sample_health import drift, outliers, remarks


def noise(seed, count=50, deviation=0.02):
    return list(np.random.default_rng(seed).normal(1000, 1000 * deviation, count))


def test_an_outlier_is_named_by_its_place():
    samples = noise(1)
    samples[7], samples[30] = 2400.0, 500.0
    assert outliers(samples) == [7, 30]
    assert remarks(samples) == ["2 of 50 samples are outliers, the farthest 2.4 times the median"]


def test_a_modified_z_score_does_not_see_its_own_outliers():
    """A third of the samples is far out, so that mean and deviation would hide them."""
    assert outliers([100.0, 101, 99, 100, 102, 98, 100, 101, 900, 900, 900, 900]) == [8, 9, 10, 11]


def test_far_is_ten_standard_deviations():
    """The median absolute deviation here is 1, which for normal data means 1.48."""
    samples = [99.0, 100.0, 101.0] * 13
    assert outliers([*samples, 100 + 14.0]) == []
    assert outliers([*samples, 100 + 15.5]) == [39]


def test_noise_is_not_remarked():
    told = [remarks(noise(seed)) for seed in range(200)]
    assert sum(bool(each) for each in told) <= 4


def test_equal_samples_have_neither():
    assert remarks([100.0] * 50) == []
    assert outliers([100.0] * 49 + [100.5]) == []  # half a percent: the clock
    assert outliers([100.0] * 49 + [103.0]) == [49]


@pytest.mark.parametrize("samples", [[], [1.0], [100.0, 900.0, 100.0]])
def test_too_few_to_tell(samples):
    assert outliers(samples) == [] and remarks(samples) == []
    assert drift(samples).p_value == 1


@pytest.mark.parametrize("sign", [1, -1])
def test_a_drift_is_measured(sign):
    samples = np.array(noise(2)) * (1 + sign * np.linspace(0, 0.1, 50))
    found = drift(samples)
    assert found.relative == pytest.approx(sign * 0.1, abs=0.03) and found.is_significant
    assert remarks(samples) == [
        f"times drift by {found.relative:+.1%} from the first round to the last"
    ]


def test_a_drift_smaller_than_a_percent_is_no_remark():
    samples = 1000 * (1 + np.linspace(0, 0.008, 50))
    assert drift(samples).p_value < 1e-9 and remarks(samples) == []


def test_significance_means_what_it_says():
    false = sum(drift(noise(seed)).p_value < 0.05 for seed in range(1000))
    assert 30 <= false <= 70


def test_ties_are_corrected_for():
    """Of two values half the pairs are ties; without the correction half as many would show."""
    generator = np.random.default_rng(3)
    false = sum(drift(generator.integers(100, 102, 40)).p_value < 0.05 for _ in range(2000))
    assert 75 <= false <= 130


def test_many_samples_are_thinned():
    samples = 1000 * (1 + np.linspace(0, 0.1, 5000))
    assert drift(samples).relative == pytest.approx(0.1, abs=0.01)
