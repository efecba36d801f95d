"""Activations arrive as [tokens, channels]; what a backend makes of them is timed alone."""

from __future__ import annotations

import time

import numpy as np
import pytest
from backend_cases import CHECKED, assert_exact, block_for, exact, installed

from spbench.backends import dnnl_session
from spbench.formats import BlockShape, GemmProblem
from spbench.gemm.check import check
from spbench.gemm.data import make_data

SIZES = [(8, 5, 3), (16, 64, 1), (64, 48, 100), (36, 33, 129)]


def case(name: str, m: int, k: int, n: int):
    return make_data(GemmProblem(m, k, n, BlockShape.parse(block_for(name)), 0.5))


@pytest.mark.parametrize("name", ["spbench", *CHECKED])
@pytest.mark.parametrize("size", SIZES)
def test_rows_are_tokens(name, size) -> None:
    backend, data = installed(name), case(name, *size)
    assert data.x.shape == (size[2], size[1])
    assert_exact(backend, data)
    backend.layout(data.x[::-1])  # and strides do not matter
    backend.run(1)
    assert check(backend.result(), np.fliplr(exact(data)), backend.tolerance) == ""
    backend.release()


class LateArray:
    """An array that takes 50 ms to arrive."""

    def __init__(self, array: np.ndarray):
        self._array = array
        self.shape = array.shape

    def __array__(self, dtype=None, copy=None):
        time.sleep(0.05)
        return self._array


@pytest.mark.parametrize("name", ["spbench", "onednn"])
def test_handing_over_is_not_timed(name) -> None:
    backend, data = installed(name), case(name, 64, 64, 64)
    backend.prepare(data, 1)
    start_ns = time.perf_counter_ns()
    converted = backend.layout(LateArray(data.x))
    assert converted.wall_ns < 25e6 < time.perf_counter_ns() - start_ns
    backend.release()


def test_onednn_takes_tokens_as_they_are() -> None:
    backend, data = installed("onednn"), case("onednn", 64, 64, 64)
    backend.prepare(data, 1)
    assert backend.layout(data.x).wall_ns == 0
    backend.release()


def test_onednn_converts_where_it_chose_another_layout(monkeypatch) -> None:
    backend, data = installed("onednn"), case("onednn", 64, 64, 64)
    monkeypatch.setattr(dnnl_session.Session, "same", lambda *descriptions: False)
    assert_exact(backend, data)
    assert backend.layout(data.x).wall_ns > 0
    backend.release()
