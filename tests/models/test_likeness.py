"""A runtime's answer is compared by direction, and not a number is never like anything."""

import numpy as np
import pytest

from spbench.models.likeness import LEAST_COSINE, mean_cosine, unlike

HIDDEN = np.random.default_rng(0).standard_normal((2, 5, 16)).astype(np.float32)


def test_the_cosine_is_the_mean_over_tokens():
    flipped = HIDDEN.copy()
    flipped[0, 0] *= -3
    assert mean_cosine(HIDDEN, HIDDEN) == pytest.approx(1)
    assert mean_cosine(flipped, HIDDEN) == pytest.approx(0.8)


def test_what_is_close_enough_is_right():
    noisy = HIDDEN + np.random.default_rng(1).normal(0, 0.2, HIDDEN.shape)
    assert mean_cosine(noisy, HIDDEN) > LEAST_COSINE
    assert unlike(noisy, HIDDEN) == ""


def test_what_is_not_says_why():
    nan = HIDDEN.copy()
    nan[1, 4, 3] = np.nan
    assert "cosine nan" in unlike(nan, HIDDEN)
    assert "less than 0.9" in unlike(HIDDEN[:, ::-1], HIDDEN)
    assert "cosine nan" in unlike(np.zeros_like(HIDDEN), HIDDEN)
    assert unlike(HIDDEN[:1], HIDDEN) == "shape (1, 5, 16), not (2, 5, 16)"
