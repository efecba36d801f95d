"""Tokens into panels: the same bytes as channel by channel, and none beside them."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest
from guarded import guarded_copy
from hypothesis import given
from hypothesis import strategies as st
from spbench.kernels._native.replay import PreparedCall, time_calls
from spbench.kernels._native.spmm import TokensToPanels

from spbench.kernels import Panels


def random_tokens(tokens: int, channels: int) -> np.ndarray:
    generator = np.random.default_rng(tokens * channels)
    return generator.integers(0, 256, (tokens, channels), dtype=np.uint8)


@given(tokens=st.integers(1, 150), channels=st.integers(1, 70))
def test_both_orders_give_the_same_panels(tokens, channels):
    x = guarded_copy(random_tokens(tokens, channels))
    panels = guarded_copy(np.full_like(Panels.empty(channels, tokens, "u8").data, 7))
    call = TokensToPanels(x, panels)
    time_calls(PreparedCall.native(call.function_address, call.context_address, call), 1)
    by_channel = Panels.from_array(np.ascontiguousarray(x.T))
    np.testing.assert_array_equal(panels, by_channel.data)


@given(tokens=st.integers(1, 70), channels=st.integers(1, 40), gap=st.integers(0, 3))
def test_arrays_seen_transposed_are_as_quick_and_the_same(tokens, channels, gap):
    x = random_tokens(tokens, channels + gap)[:, :channels].T
    by_channel = Panels.from_array(np.ascontiguousarray(x))
    np.testing.assert_array_equal(Panels.from_array(x).data, by_channel.data)


def test_it_keeps_its_arrays():
    call = TokensToPanels(random_tokens(20, 30), Panels.empty(30, 20, "u8").data)
    run = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(call.function_address)
    run(call.context_address)


@pytest.mark.parametrize(("tokens", "channels"), [(0, 4), (4, 0)])
def test_nothing_to_convert(tokens, channels):
    with pytest.raises(ValueError, match="at least one token and one channel"):
        TokensToPanels(np.zeros((tokens, channels), np.uint8), np.zeros(0, np.uint8))


def test_panels_of_another_size():
    with pytest.raises(ValueError, match="wrong size"):
        TokensToPanels(random_tokens(17, 3), np.zeros(3 * 17, np.uint8))
