"""When GELU may be looked up in a table."""

from __future__ import annotations

import numpy as np

from spbench.quantization import Scale
from spbench.quantization.activation_choice import MOST_NOISE, ActivationChoice
from spbench.quantization.float_encoder import gelu
from spbench.quantization.histogram import Histogram


def choose(values: np.ndarray) -> ActivationChoice:
    histogram, out = Histogram(), gelu(values)
    histogram.add(values)
    return ActivationChoice.of("gelu", histogram, Scale.asymmetric(out.min(), out.max()))


def test_a_table_is_taken_where_it_adds_little():
    generator = np.random.default_rng(0)
    dense = choose(generator.normal(0, 2, 50_000).astype("f4"))
    assert dense.by == "table" and dense.added_noise <= MOST_NOISE
    outlier = generator.normal(0.5, 0.3, 50_000).astype("f4")  # small, under a coarse step
    outlier[0] = 25
    assert choose(outlier).by == "polynomial"


def test_the_noise_is_that_of_quantising_twice():
    values = np.random.default_rng(1).normal(-1, 2, 50_000).astype("f4")
    choice, out = choose(values), gelu(values)
    activated = Scale.asymmetric(out.min(), out.max())
    once = activated.rounded(out, signed=False)
    twice = activated.rounded(gelu(choice.raised.rounded(values, signed=False)), signed=False)
    added = np.square(twice - out).mean() - np.square(once - out).mean()
    np.testing.assert_allclose(choice.added_noise, added / np.square(out).mean(), rtol=0.1)


def test_the_tables_input_need_not_reach_where_gelu_is_0():
    values = np.linspace(-40, 4, 10_000).astype("f4")
    reach = choose(values).raised.step * 255
    assert reach < 15
