"""Every kernel of embedding/kernels.inc: tables to panels, panels to rows, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import chosen, encoder_kernels
from guarded import guarded_copy

from spbench.kernels._native import spmm as native

CHANNELS = [1, 15, 16, 17, 48, 100]


@pytest.fixture(params=encoder_kernels("embedding"), ids=lambda kernel: kernel["name"])
def embedding_kernel(request, monkeypatch):
    return chosen(request, monkeypatch)


@pytest.fixture(params=encoder_kernels("rows"), ids=lambda kernel: kernel["name"])
def rows_kernel(request, monkeypatch):
    return chosen(request, monkeypatch)


def table(rows, channels, seed):
    return np.random.default_rng(seed).normal(size=(rows, channels)).astype(np.float32)


@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize(("width", "first"), [(16, 0), (32, 16), (64, 48)])
@pytest.mark.parametrize("has_types", [True, False])
def test_sums_of_rows_become_lanes(embedding_kernel, channels, width, first, has_types):
    word, position, types = table(50, channels, 0), table(20, channels, 1), table(2, channels, 2)
    generator = np.random.default_rng(3)
    ids, positions, kinds = (generator.integers(0, n, 16).astype(np.int32) for n in (50, 20, 2))
    ids[0], positions[0], kinds[0] = 49, 19, 1  # the last rows end at unmapped pages
    x = guarded_copy(np.full((channels, width), 5.0, np.float32))
    native.embed(
        embedding_kernel["isa"],
        *(guarded_copy(t) for t in (word, position)),
        guarded_copy(types) if has_types else None,
        *(guarded_copy(i) for i in (ids, positions, kinds)),
        x,
        first,
    )
    sums = word[ids] + position[positions]
    expected = np.full((channels, width), 5.0, np.float32)
    expected[:, first : first + 16] = (sums + types[kinds] if has_types else sums).T
    np.testing.assert_array_equal(x, expected)


@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("count", [1, 7, 16])
@pytest.mark.parametrize(("width", "first"), [(16, 0), (32, 16), (64, 48)])
def test_lanes_become_rows(rows_kernel, channels, count, width, first):
    x = table(channels, width, 4)
    rows = guarded_copy(np.zeros((count, channels), np.float32))
    native.to_rows(rows_kernel["isa"], guarded_copy(x), first, rows)
    np.testing.assert_array_equal(rows, x[:, first : first + count].T)


def test_operands_that_do_not_fit_are_refused():
    x = np.zeros((4, 16), np.float32)
    for first, rows in [(8, (16, 4)), (16, (16, 4)), (0, (17, 4)), (0, (16, 5)), (0, (0, 4))]:
        with pytest.raises(ValueError, match="do not fit"):
            native.to_rows("scalar", x, first, np.zeros(rows, np.float32))
    ids = np.zeros(16, np.int32)
    with pytest.raises(ValueError, match="do not fit"):
        native.embed("scalar", table(3, 5, 0), table(3, 4, 0), None, ids, ids, ids, x, 0)
