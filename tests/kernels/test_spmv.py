"""Every SpMV kernel (one token) against the reference, as the SpMM kernels are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from conftest import BLOCK, RAN, SPMV_KERNELS, make_product
from guarded import guarded_copy
from hypothesis import given, settings
from hypothesis import strategies as st

from spbench.errors import InputError
from spbench.formats import BlockShape, BlockSparseMatrix
from spbench.kernels import Epilogue, Spmv, TokenWeight, spmv
from spbench.kernels._native import spmm as native
from spbench.kernels.memory import aligned_empty
from spbench.kernels.reference import apply_epilogue


@pytest.fixture(params=SPMV_KERNELS, ids=lambda kernel: kernel["name"])
def kernel(request, monkeypatch):
    """Each kernel of spmv/kernels.inc in turn, made the one that dispatch chooses."""
    if not request.param["usable"]:
        pytest.skip(f"this CPU lacks one of {', '.join(request.param['features'])}")
    monkeypatch.setenv("SPBENCH_ISA", request.param["isa"])
    RAN.add(request.param["name"])
    return request.param


def one_token(m, k, sparsity, seed=0):
    return make_product(m, k, 1, sparsity, seed)


def run(product, epilogue=None, threads=1):
    return spmv(TokenWeight.pack(product.blocks), product.x[:, 0], epilogue, threads)


@pytest.mark.parametrize("m", [1, 3, 4, 5, 17, 63, 64, 67, 255, 256, 257, 521])
@pytest.mark.parametrize("k", [1, 2, 15, 16, 17, 255, 256, 257, 600])
@pytest.mark.parametrize("sparsity", [0.0, 0.8, 1.0])
def test_s32_is_the_product_bit_for_bit(kernel, m, k, sparsity):
    product = one_token(m, k, sparsity, seed=m * 1000 + k)
    prepared = Spmv(TokenWeight.pack(product.blocks), num_threads=1)
    assert prepared.kernels == (kernel["name"],)
    prepared.x[:] = product.x[:, 0]
    np.testing.assert_array_equal(prepared.run(), product.s32[:, 0])


@pytest.mark.parametrize("output", ["f32", "u8", "s8"])
@pytest.mark.parametrize("x_zero_point", [0, 128])
def test_requantised_output_is_within_one_quantum(kernel, output, x_zero_point):
    for m, k in [(1, 1), (67, 131), (270, 300)]:
        product = one_token(m, k, 0.7, seed=7)
        generator = np.random.default_rng(3)
        epilogue = Epilogue(
            output,
            scale=generator.uniform(1e-5, 1e-2, m),
            bias=generator.uniform(-50, 50, m),
            x_zero_point=x_zero_point,
            y_zero_point=0 if output == "f32" else 5,
        )
        expected = apply_epilogue(product.s32, product.weight, epilogue)[:, 0]
        result = run(product, epilogue)
        if output == "f32":
            np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-2)
        else:
            assert np.abs(result.astype(int) - expected.astype(int)).max() <= 1


@pytest.mark.parametrize(("output", "low", "high"), [("u8", 0, 255), ("s8", -128, 127)])
def test_requantisation_saturates_beyond_the_range_of_s32(kernel, output, low, high):
    product = one_token(40, 16, 0.0)
    sums = product.s32[:, 0]
    expected = np.where(sums > 0, high, np.where(sums < 0, low, 0))
    np.testing.assert_array_equal(run(product, Epilogue(output, scale=1e9)), expected)


@pytest.mark.parametrize(("weight", "activation"), [(-128, 255), (127, 255), (-128, 0)])
def test_extremes_do_not_saturate_in_between(kernel, weight, activation):
    blocks = BlockSparseMatrix.from_dense(np.full((5, 700), weight, np.int8), BLOCK)
    y = spmv(TokenWeight.pack(blocks), np.full(700, activation, np.uint8), num_threads=1)
    assert (y == weight * activation * 700).all()


def test_rows_of_every_length(kernel):
    """Block rows with 0 to 256 blocks in a tile: every number of groups, and none."""
    weight = np.zeros((4 * 257, 256), np.int8)
    for row in range(257):
        weight[4 * row : 4 * row + 4, :row] = np.arange(4)[:, None] - row % 7 - 1
    x = np.random.default_rng(0).integers(0, 256, 256, dtype=np.uint8)
    y = spmv(TokenWeight.pack(BlockSparseMatrix.from_dense(weight, BLOCK)), x, num_threads=1)
    np.testing.assert_array_equal(y, weight.astype(np.int32) @ x.astype(np.int32))


def test_stays_inside_its_buffers(kernel):
    for m, k, sparsity in [(1, 1, 0.0), (6, 300, 0.5), (261, 256, 0.9), (5, 9, 1.0)]:
        product = one_token(m, k, sparsity, seed=k)
        weight = TokenWeight.pack(product.blocks)
        x = aligned_empty(-(-k // 256) * 256, np.uint8)
        x[:k] = product.x[:, 0]
        for output in ("s32", "f32", "u8", "s8"):
            y = guarded_copy(np.zeros(m * (4 if output in ("s32", "f32") else 1), np.uint8))
            native.SpmvCall(
                m=m,
                k=k,
                counts=guarded_copy(weight.counts),
                order=guarded_copy(weight.order),
                group_begin=guarded_copy(weight.group_begin),
                channels=guarded_copy(weight.channels),
                weights=guarded_copy(weight.weights),
                x=guarded_copy(x),
                y=y,
                output=output,
                scale=guarded_copy(np.ones(m, np.float32)),
                bias=guarded_copy(np.zeros(m, np.float32)),
                threads=1,
                isa=kernel["isa"],
                chunk_split=np.empty(2, np.int64),
            ).run()
            if output == "s32":
                np.testing.assert_array_equal(y.view(np.int32), product.s32[:, 0])


@settings(max_examples=60, deadline=None)
@given(
    m=st.integers(1, 600),
    k=st.integers(1, 700),
    sparsity=st.sampled_from([0.0, 0.3, 0.9, 1.0]),
    threads=st.integers(1, 3),
    seed=st.integers(0, 2**16),
)
def test_any_shape_on_any_number_of_threads(m, k, sparsity, threads, seed):
    product = one_token(m, k, sparsity, seed)
    np.testing.assert_array_equal(run(product, threads=threads), product.s32[:, 0])


def test_an_index_is_one_byte_a_block():
    weight = TokenWeight.pack(one_token(256, 256, 0.0).blocks)
    assert weight.channels.nbytes == 64 * 256
    assert weight.weights.nbytes == 256 * 256
    assert weight.index_bytes == 64 * 256 + 17 + 64 + 16


def test_operands_that_do_not_fit_are_refused():
    product = one_token(8, 20, 0.5)
    weight = TokenWeight.pack(product.blocks)
    with pytest.raises(TypeError, match="u8"):
        spmv(weight, np.zeros(20, np.int8))
    with pytest.raises(ValueError, match=r"\[20\]"):
        spmv(weight, np.zeros(21, np.uint8))
    with pytest.raises(ValueError, match="num_threads"):
        spmv(weight, product.x[:, 0], num_threads=0)
    with pytest.raises(InputError, match="only for 4x1"):
        TokenWeight.pack(BlockSparseMatrix.from_dense(np.ones((8, 8), np.int8), BlockShape(8, 1)))


@pytest.mark.parametrize("field", ["weights", "channels", "group_begin", "counts", "order"])
def test_packed_weights_that_are_too_short_are_refused(field):
    weight = TokenWeight.pack(one_token(8, 20, 0.0).blocks)
    short = replace(weight, **{field: getattr(weight, field)[:-1]})
    with pytest.raises(ValueError, match="packed weights"):
        Spmv(short)
