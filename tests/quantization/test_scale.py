"""From numbers to bytes and back."""

from __future__ import annotations

import numpy as np
import pytest

from spbench.quantization import Scale


def test_scales_hold_the_range():
    assert Scale.asymmetric(-1.0, 254.0) == Scale(1.0, 1)
    assert Scale.asymmetric(3.0, 255.0) == Scale(1.0, 0)  # 0 is always representable
    assert Scale.asymmetric(-255.0, -3.0) == Scale(1.0, 255)
    assert Scale.symmetric(-254.0, 3.0) == Scale(2.0, 0)
    assert Scale.asymmetric(0.0, 0.0) == Scale(1.0, 0) == Scale.symmetric(0.0, 0.0)


@pytest.mark.parametrize("signed", [False, True])
def test_what_comes_back_is_within_half_a_step_or_saturated(signed):
    scale = Scale.symmetric(-2.0, 1.0) if signed else Scale.asymmetric(-1.0, 2.0)
    values = np.linspace(-1.0, 1.0, 999)
    assert np.abs(scale.rounded(values, signed=signed) - values).max() <= scale.step / 2 + 1e-12
    assert scale.rounded(np.array(0.0), signed=signed) == 0
    low, high = scale.rounded(np.array([-9.0, 9.0]), signed=signed)
    assert low == pytest.approx(-128 * scale.step if signed else -1.0, rel=0.01)
    assert high == pytest.approx(2.0, rel=0.01)
