"""The layout of panels, as cython_kernels/include/panels.h describes it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spbench.kernels import Panels
from spbench.kernels._native import spmm as native


@pytest.mark.parametrize(
    ("tokens", "widths"),
    [
        (1, [16]),
        (16, [16]),
        (17, [32]),
        (33, [32, 16]),
        (49, [64]),
        (80, [64, 16]),
        (112, [64, 32, 16]),
        (128, [64, 64]),
    ],
)
def test_panel_widths(tokens, widths):
    assert native.panel_widths(tokens) == widths


@given(tokens=st.integers(1, 2000))
def test_panels_cover_the_tokens_with_less_than_16_to_spare(tokens):
    assert sum(native.panel_widths(tokens)) == native.panel_capacity(tokens)
    assert 0 <= native.panel_capacity(tokens) - tokens < 16


def test_byte_order_of_a_line():
    line = Panels.from_array(np.arange(64, dtype=np.uint8)[None, :]).data
    assert line[:20].tolist() == [0, 1, 2, 3, 16, 17, 18, 19, 32, 33, 34, 35, 48, 49, 50, 51,
                                  4, 5, 6, 7]  # fmt: skip
    line = Panels.from_array(np.arange(32, dtype=np.uint8)[None, :]).data
    assert line[:12].tolist() == [0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7]
    line = Panels.from_array(np.arange(16, dtype=np.uint8)[None, :]).data
    assert line.tolist() == list(range(16))


@given(channels=st.integers(1, 9), tokens=st.integers(1, 150))
def test_from_array_and_back(channels, tokens):
    x = np.random.default_rng(tokens).integers(0, 256, (channels, tokens), dtype=np.uint8)
    np.testing.assert_array_equal(Panels.from_array(x).to_array(), x)


def test_lines_start_on_cache_lines():
    assert Panels.empty(3, 100, "s32").data.ctypes.data % 64 == 0
