"""Every kernel of quantize/kernels.inc against NumPy, and each other, exactly."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import chosen, encoder_kernels
from guarded import guarded_copy

from spbench.kernels import Panels
from spbench.kernels._native import spmm as native


@pytest.fixture(params=encoder_kernels("quantize"), ids=lambda kernel: kernel["name"])
def kernel(request, monkeypatch):
    return chosen(request, monkeypatch)


def make_x(channels: int, width: int) -> np.ndarray:
    generator = np.random.default_rng(0)
    x = generator.normal(0, generator.uniform(0.01, 30, width), (channels, width))
    x[:, 3] = 0
    return x.astype(np.float32)


def run(isa, x, is_signed=False, first=0, count=None, parts=1):
    """Bytes in token order, as u8 or s8, and the scales [width] or [parts, width]."""
    channels, width = x.shape
    q = guarded_copy(np.full(x.size, 77, np.uint8))
    scale = guarded_copy(np.full(parts * width, 7, "f4"))
    count = width // 16 if count is None else count
    native.quantize_tokens(
        isa, guarded_copy(x.reshape(-1)), width, q, scale, is_signed, first, count
    )
    stored = Panels(q, channels, width).to_array()
    return stored.view(np.int8 if is_signed else np.uint8), np.squeeze(scale.reshape(parts, width))


@pytest.mark.parametrize("is_signed", [False, True])
@pytest.mark.parametrize("width", [16, 32, 64])
@pytest.mark.parametrize("channels", [1, 2, 37, 384])
def test_is_what_numpy_computes(kernel, width, channels, is_signed):
    x = make_x(channels, width)
    q, scale = run(kernel["isa"], x, is_signed)
    top = np.abs(x).max(axis=0)
    np.testing.assert_allclose(scale, top / 127, rtol=1e-6)
    expected = np.rint(x * (127 / np.maximum(top, 1e-30).astype(np.float64)))
    assert np.abs(q.astype(int) - (0 if is_signed else 128) - expected).max() <= 1
    assert np.abs((q.astype(int) - (0 if is_signed else 128)) * scale - x).max() <= (
        0.5001 * scale.max()
    )


@pytest.mark.parametrize("width", [16, 32, 64])
def test_every_isa_gives_the_same_bits(kernel, width):
    x = make_x(768, width)
    for got, expected in zip(run(kernel["isa"], x), run("scalar", x), strict=True):
        np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize(
    ("width", "first", "count"), [(64, 1, 2), (64, 3, 1), (64, 1, 3), (32, 1, 1)]
)
def test_registers_that_are_not_asked_for_stay(kernel, width, first, count):
    x = make_x(40, width)
    whole, whole_scale = run(kernel["isa"], x)
    q, scale = run(kernel["isa"], x, False, first, count)
    mine = np.zeros(width, bool)
    mine[16 * first : 16 * (first + count)] = True
    np.testing.assert_array_equal(q, np.where(mine, whole, 77))
    np.testing.assert_array_equal(scale, np.where(mine, whole_scale, 7))


def test_parts_have_scales_of_their_own(kernel):
    x = make_x(24, 32) * np.repeat(np.float32([1, 100, 0.01]), 8)[:, None]
    q, scale = run(kernel["isa"], x, True, parts=3)
    for part in range(3):
        mine = slice(8 * part, 8 * part + 8)
        alone, alone_scale = run(kernel["isa"], x[mine], True)
        np.testing.assert_array_equal(q[mine], alone)
        np.testing.assert_array_equal(scale[part], alone_scale)


def test_a_token_of_zeros_stays_zero(kernel):
    q, scale = run(kernel["isa"], np.zeros((8, 16), np.float32))
    assert (q == 128).all() and not scale.any()
    tiny, _ = run(kernel["isa"], np.full((8, 16), 1e-35, np.float32))
    assert (tiny == 128).all()


def test_operands_that_do_not_fit_are_refused():
    x, q, scale = np.zeros(64, np.float32), np.zeros(64, np.uint8), np.zeros(16, np.float32)
    for width, first, count in [(48, 0, 1), (16, 0, 2), (16, -1, 1), (16, 0, 0), (32, 0, 1)]:
        with pytest.raises(ValueError, match="do not fit"):
            native.quantize_tokens("scalar", x, width, q, scale, False, first, count)
