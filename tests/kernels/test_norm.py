"""Every kernel of norm/kernels.inc against NumPy, and each other, exactly."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import chosen, encoder_kernels
from guarded import guarded_copy

from spbench.kernels import Panels
from spbench.kernels._native import spmm as native

Q_SCALE, Q_BIAS, EPSILON = 30.0, 120.0, 1e-12


@pytest.fixture(params=encoder_kernels("norm"), ids=lambda kernel: kernel["name"])
def kernel(request, monkeypatch):
    return chosen(request, monkeypatch)


def make_norm(channels, width, seed=0):
    generator = np.random.default_rng(seed)
    x = generator.normal(3.0, 5.0, (channels, width)).astype(np.float32)
    gamma = generator.normal(1.0, 0.3, channels).astype(np.float32)
    beta = generator.normal(0.0, 0.3, channels).astype(np.float32)
    return x, gamma, beta


def run(isa, x, gamma, beta, first=0, count=None, with_bytes=True):
    """x after the call, and its bytes in token order (or None)."""
    channels, width = x.shape
    x = guarded_copy(x.reshape(-1))
    q = guarded_copy(np.full(x.size, 77, np.uint8)) if with_bytes else None
    native.layer_norm(
        isa, x, guarded_copy(gamma), guarded_copy(beta), width, EPSILON, q, Q_SCALE, Q_BIAS,
        first, width // 16 if count is None else count,
    )  # fmt: skip
    return x.reshape(channels, width), with_bytes and Panels(q, channels, width).to_array()


@pytest.mark.parametrize("width", [16, 32, 64])
@pytest.mark.parametrize("channels", [1, 2, 37, 384])
def test_is_what_numpy_computes(kernel, width, channels):
    x, gamma, beta = make_norm(channels, width)
    y, q = run(kernel["isa"], x, gamma, beta)
    wide = x.astype(np.float64)
    scale = np.sqrt(wide.var(axis=0) + EPSILON)
    expected = (wide - wide.mean(axis=0)) / scale * gamma[:, None] + beta[:, None]
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=2e-5)
    quantised = np.clip(np.rint(expected * Q_SCALE + Q_BIAS), 0, 255)
    assert np.abs(q.astype(int) - quantised).max() <= 1


@pytest.mark.parametrize("width", [16, 32, 64])
def test_every_isa_gives_the_same_bits(kernel, width):
    x, gamma, beta = make_norm(768, width, seed=4)
    y, q = run(kernel["isa"], x, gamma, beta)
    expected, bytes_expected = run("scalar", x, gamma, beta)
    np.testing.assert_array_equal(y.view(np.int32), expected.view(np.int32))
    np.testing.assert_array_equal(q, bytes_expected)


@pytest.mark.parametrize(
    ("width", "first", "count"),
    [(64, 0, 1), (64, 1, 2), (64, 3, 1), (64, 1, 3), (32, 1, 1), (32, 0, 1)],
)
def test_registers_that_are_not_asked_for_stay(kernel, width, first, count):
    x, gamma, beta = make_norm(40, width)
    whole, whole_bytes = run(kernel["isa"], x, gamma, beta)
    y, q = run(kernel["isa"], x, gamma, beta, first, count)
    mine = np.zeros(width, bool)
    mine[16 * first : 16 * (first + count)] = True
    np.testing.assert_array_equal(y, np.where(mine, whole, x))
    np.testing.assert_array_equal(q, np.where(mine, whole_bytes, 77))


def test_bytes_are_left_out_where_nothing_reads_them(kernel):
    x, gamma, beta = make_norm(20, 64)
    y, _ = run(kernel["isa"], x, gamma, beta, with_bytes=False)
    np.testing.assert_array_equal(y, run(kernel["isa"], x, gamma, beta)[0])


def test_bytes_saturate(kernel):
    x, gamma, beta = make_norm(50, 16)
    _, q = run(kernel["isa"], x, 100 * gamma, beta)
    assert {0, 255} <= set(q.ravel().tolist())


def test_operands_that_do_not_fit_are_refused():
    x, one = np.zeros(16 * 4, np.float32), np.ones(4, np.float32)
    for width, first, count in [(48, 0, 1), (16, 0, 2), (16, -1, 1), (16, 0, 0), (32, 0, 1)]:
        with pytest.raises(ValueError, match="do not fit"):
            native.layer_norm("scalar", x, one, one, width, 0.0, None, 1.0, 0.0, first, count)
