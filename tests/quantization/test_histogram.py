"""Counts of values in bounded memory."""

from __future__ import annotations

import numpy as np
import pytest

from spbench.quantization.histogram import Histogram


def test_reaching_further_loses_no_value():
    generator, histogram = np.random.default_rng(0), Histogram()
    parts = [generator.normal(0, spread, 5000).astype("f4") for spread in (0.01, 3, 0.5, 40)]
    for part in parts:
        histogram.add(part.reshape(50, 100))
    everything = np.sort(np.concatenate(parts))
    values, counts = histogram.bins()
    assert counts.sum() == everything.size
    assert (histogram.low, histogram.high) == (everything[0], everything[-1])
    width = 4 * np.abs(everything).max() / (1 << 14)
    assert np.abs(np.repeat(values, counts) - everything).max() <= width


def test_order_does_not_matter():
    parts = [np.float32([0.1, -0.2]), np.float32([100, -3]), np.float32([0, 0])]
    seen = []
    for order in (parts, parts[::-1]):
        histogram = Histogram()
        for part in order:
            histogram.add(part)
        seen.append(histogram.bins())
    np.testing.assert_array_equal(seen[0], seen[1])


@pytest.mark.parametrize("value", [0.0, 1.0, -4.0, 3e-39, 65504.0])
def test_one_value_stays_itself(value):
    histogram = Histogram()
    histogram.add(np.full(7, value, np.float32))
    values, counts = histogram.bins()
    assert values == np.float32(value) and counts == 7
    assert histogram.inner_range(99.0) == (np.float32(value),) * 2


def test_the_inner_range_leaves_out_that_share_at_each_end():
    histogram = Histogram()
    histogram.add(np.arange(-1000, 1001, dtype=np.float32))
    low, high = histogram.inner_range(99.0)
    assert low == pytest.approx(-980, abs=1) and high == pytest.approx(980, abs=1)
    assert histogram.inner_range(100.0) == pytest.approx((-1000, 1000), abs=0.2)
