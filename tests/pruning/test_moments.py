"""Moments say of any layer what the tokens themselves would say."""

from __future__ import annotations

import numpy as np
import pytest

from spbench.pruning.calibration.moments import MomentSums

TOKENS, K, M = 200, 5, 3


@pytest.fixture
def tokens():
    generator = np.random.default_rng(0)
    x = (generator.normal(size=(TOKENS, K)) * [1, 2, 3, 0.1, 1] + 50).astype("f4")
    t = (x @ generator.normal(size=(K, M)) + generator.normal(size=(TOKENS, M))).astype("f4")
    return x, t


def _moments(x, t, pieces=3):
    point = x[:20].mean(axis=0)
    parts = zip(np.array_split(x, pieces), np.array_split(t, pieces), strict=True)
    sums = [MomentSums.of(a, {"query": b}, point) for a, b in parts]
    total = sums[0]
    for more in sums[1:]:
        total += more
    return total.moments()


def test_moments_are_those_of_all_tokens_far_from_zero(tokens):
    x, t = tokens
    found = _moments(x, t)
    both = np.cov(x.astype("f8").T, t.astype("f8").T, bias=True)
    assert found.tokens == TOKENS
    np.testing.assert_allclose(found.mean, x.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(found.covariance, both[:K, :K], atol=1e-4)
    np.testing.assert_allclose(found.answers["query"].cross, both[K:, :K], atol=1e-4)
    assert found.answers["query"].power == pytest.approx(np.trace(both[K:, K:]), rel=1e-5)
    np.testing.assert_allclose(found.squares, np.square(x, dtype="f8").mean(axis=0), rtol=1e-5)


def test_the_error_is_that_of_the_answers(tokens):
    x, t = tokens
    generator = np.random.default_rng(1)
    weight, bias = generator.normal(size=(M, K)), generator.normal(size=M)
    missed = np.square(x @ weight.T + bias - t).sum(axis=1).mean()
    variance = np.square(t - t.mean(axis=0)).sum(axis=1).mean()
    assert _moments(x, t).error("query", weight, bias) == pytest.approx(missed / variance, rel=1e-4)
