"""The ways to choose a range."""

from __future__ import annotations

import numpy as np
import pytest

from spbench.errors import InputError
from spbench.quantization import Clipping, Scale
from spbench.quantization.histogram import Histogram


def seen(values: np.ndarray) -> Histogram:
    histogram = Histogram()
    histogram.add(values.astype("f4"))
    return histogram


def error(scale: Scale, values: np.ndarray, signed: bool) -> float:
    return float(np.square(scale.rounded(values, signed=signed) - values).mean())


NORMAL = np.random.default_rng(1).normal(0.5, 1, 100_000)
WITH_OUTLIER = np.append(NORMAL, 60.0)


@pytest.mark.parametrize("signed", [False, True])
def test_min_max_holds_everything(signed):
    scale = Clipping("min-max").scale(seen(WITH_OUTLIER), signed=signed)
    assert np.abs(scale.rounded(WITH_OUTLIER, signed=signed) - WITH_OUTLIER).max() < scale.step


@pytest.mark.parametrize("signed", [False, True])
def test_a_percentile_gives_up_the_outlier(signed):
    scale = Clipping("percentile", 99.9).scale(seen(WITH_OUTLIER), signed=signed)
    expected = np.percentile(WITH_OUTLIER, [0.1, 99.9])
    make = Scale.symmetric if signed else Scale.asymmetric
    assert scale.step == pytest.approx(make(*expected).step, rel=0.01)


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("values", [NORMAL, WITH_OUTLIER, np.append(NORMAL, [-30, 30] * 50)])
def test_mse_is_at_least_as_good_as_the_others(values, signed):
    histogram = seen(values)
    best = error(Clipping("mse").scale(histogram, signed=signed), values, signed)
    for other in (Clipping("min-max"), *(Clipping("percentile", p) for p in (99, 99.9, 99.99))):
        assert best <= error(other.scale(histogram, signed=signed), values, signed) * 1.02


def test_what_does_not_exist_is_refused():
    with pytest.raises(InputError, match="one of min-max, percentile, mse"):
        Clipping("median")
    for percentile in (50, 101, float("nan")):
        with pytest.raises(InputError, match="above 50"):
            Clipping("percentile", percentile)
