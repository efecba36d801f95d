"""Every kernel of dense/kernels.inc against the reference, bit for bit."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from conftest import assert_close, make_product, run_guarded, spread

from spbench.kernels import DenseWeight, Epilogue, Panels, Spmm, spmm
from spbench.kernels.reference import apply_epilogue

TOKENS = {80: [80, 65, 79], 64: [64, 49, 128], 32: [32, 17], 16: [16, 15, 1]}


@pytest.mark.parametrize("k", [4, 5, 7, 64, 131])
def test_s32_is_the_product_bit_for_bit(dense_kernel, k):
    for m, n in itertools.product([1, 3, 4, 5, 67], TOKENS[dense_kernel["panel_width"]]):
        product = make_product(m, k, n, 0.0, m * 1000 + k)
        prepared = Spmm(
            DenseWeight.pack(product.weight), Panels.from_array(product.x), num_threads=1
        )
        assert prepared.kernels == (dense_kernel["name"],)
        np.testing.assert_array_equal(prepared.run().to_array(), product.s32)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_share_block_rows(threads):
    product = make_product(70, 37, 200, 0.0)
    y = spmm(
        DenseWeight.pack(product.weight), Panels.from_array(product.x), num_threads=threads
    ).to_array()
    np.testing.assert_array_equal(y, product.s32)


def test_requantised_output_is_within_one_quantum(dense_kernel):
    n = dense_kernel["panel_width"]
    product = make_product(9, 37, n, 0.0)
    epilogue = Epilogue("u8", scale=1e-3, bias=7.0, x_zero_point=100, y_zero_point=5)
    y = spmm(DenseWeight.pack(product.weight), Panels.from_array(product.x), epilogue, 1).to_array()
    expected = apply_epilogue(product.s32, product.weight, epilogue)
    assert_close(y, expected)


@pytest.mark.parametrize("fits", [False, True])
def test_stays_inside_its_buffers(dense_kernel, fits):
    """All operands end at unmapped pages; a byte too far is a crash."""
    for m, k in [(4, 4), (8, 38), (5, 37)]:
        if dense_kernel["panel_width"] > 64 and (m % 4 or k % 4):
            continue  # panels of 64 before a tail start on cache lines
        product = make_product(m, k, dense_kernel["panel_width"], 0.0)
        weight = DenseWeight.pack(product.weight)
        for output in ("s32", "f32", "u8", "s8"):
            expected = apply_epilogue(product.s32, product.weight, spread(product, output))
            y = run_guarded(weight, product, weight.kernel_block, dense_kernel["isa"], output, fits)
            assert_close(y, expected)


def test_what_is_no_dense_weight_is_refused():
    with pytest.raises(TypeError, match="s8"):
        DenseWeight.pack(np.zeros((4, 4), np.float32))
    with pytest.raises(ValueError, match="K at least 4"):
        DenseWeight.pack(np.zeros((4, 3), np.int8))
