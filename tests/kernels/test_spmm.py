"""Every kernel of kernels.inc against the reference: bit for bit in s32, one quantum after."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from conftest import (
    BLOCK,
    KERNELS,
    Product,
    assert_close,
    capped_to,
    isas_of,
    make_product,
    run_guarded,
    spread,
    varied_operands,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from spbench.errors import InputError
from spbench.formats import BlockShape, BlockSparseMatrix
from spbench.kernels import (
    DenseWeight,
    Epilogue,
    PackedWeight,
    Panels,
    Spmm,
    active_isa,
    packed_index_bytes,
    spmm,
)
from spbench.kernels._native import spmm as native
from spbench.kernels.reference import apply_epilogue, triple_loop

BLOCKS = [BlockShape(*sides) for sides in sorted({kernel["block"] for kernel in KERNELS})]


def run(product, n=None, epilogue=None, threads=1):
    weight = PackedWeight.pack(product.blocks)
    return spmm(weight, Panels.from_array(product.x), epilogue, threads).to_array()


def block_of(kernel) -> BlockShape:
    return BlockShape(*kernel["block"])


def tokens_for(kernel) -> list[int]:
    """Token counts whose panels are the kernel's: full, one short, and one more panel of it."""
    full = {
        80: [80, 65, 79],
        64: [64, 49, 63, 128],
        32: [32, 31, 17],
        16: [16, 15, 1],
    }
    return full[kernel["panel_width"]]


def edges(kernel) -> list[int]:
    """Output channels around the kernel's block, and primes beyond."""
    rows = kernel["block"][0]
    return sorted({1, 3, rows, rows + 1, 17, 67} | ({rows - 1} if rows > 1 else set()))


@pytest.mark.parametrize("k", [1, 3, 4, 5, 64, 131])
@pytest.mark.parametrize("sparsity", [0.0, 0.8, 1.0])
def test_s32_is_the_product_bit_for_bit(kernel, k, sparsity):
    for m, n in itertools.product(edges(kernel), tokens_for(kernel)):
        product = make_product(m, k, n, sparsity, m * 1000 + k, block_of(kernel))
        weight, x = PackedWeight.pack(product.blocks), Panels.from_array(product.x)
        prepared = Spmm(weight, x, num_threads=1)
        if k >= kernel["block"][1]:
            assert prepared.kernels == (kernel["name"],)
        np.testing.assert_array_equal(prepared.run().to_array(), product.s32)


def test_reference_is_the_triple_loop():
    product = make_product(5, 7, 3, 0.5)
    np.testing.assert_array_equal(triple_loop(product.weight, product.x), product.s32)


@pytest.mark.parametrize("output", ["f32", "u8", "s8"])
@pytest.mark.parametrize("x_zero_point", [0, 128, 255])
def test_requantised_output_is_within_one_quantum(kernel, output, x_zero_point):
    for m, k, n in [(1, 1, tokens_for(kernel)[0]), (67, 131, tokens_for(kernel)[1])]:
        product = make_product(m, k, n, 0.7, 7, block_of(kernel))
        generator = np.random.default_rng(3)
        epilogue = Epilogue(
            output,
            scale=generator.uniform(1e-5, 1e-2, m),
            bias=generator.uniform(-50, 50, m),
            x_zero_point=x_zero_point,
            y_zero_point=0 if output == "f32" else 5,
        )
        expected = apply_epilogue(product.s32, product.weight, epilogue)
        result = run(product, epilogue=epilogue)
        assert_close(result, expected)


@pytest.mark.parametrize(("output", "low", "high"), [("u8", 0, 255), ("s8", -128, 127)])
def test_requantisation_saturates_beyond_the_range_of_s32(kernel, output, low, high):
    product = make_product(8, 16, kernel["panel_width"], 0.0, block=block_of(kernel))
    expected = np.where(product.s32 > 0, high, np.where(product.s32 < 0, low, 0))
    huge = run(product, epilogue=Epilogue(output, scale=1e9))
    np.testing.assert_array_equal(huge, expected)


def test_rounding_is_half_to_even(kernel):
    weight = np.zeros((4, 4), np.int8)
    weight[:, 0] = [1, 3, 5, 7]
    x = np.ones((4, kernel["panel_width"]), np.uint8)
    packed = PackedWeight.pack(BlockSparseMatrix.from_dense(weight, block_of(kernel)))
    y = spmm(packed, Panels.from_array(x), Epilogue("u8", scale=0.5), 1).to_array()
    assert y[:, 0].tolist() == [0, 2, 2, 4]


@pytest.mark.parametrize(("weight", "activation"), [(-128, 255), (127, 255), (-128, 0)])
def test_extremes_do_not_saturate_in_between(kernel, weight, activation):
    k, n = 300, kernel["panel_width"]
    dense = np.full((5, k), weight, np.int8)
    x = np.full((k, n), activation, np.uint8)
    packed = PackedWeight.pack(BlockSparseMatrix.from_dense(dense, block_of(kernel)))
    y = spmm(packed, Panels.from_array(x), num_threads=1).to_array()
    assert (y == weight * activation * k).all()


@pytest.mark.parametrize("fits", [False, True])
def test_stays_inside_its_buffers(kernel, fits):
    """All operands end at unmapped pages; a byte too far is a crash."""
    # Before a tail comes a panel of 64, whose lines start on cache lines: whole fours only.
    step = 4 if kernel["panel_width"] > 64 else 1
    for m, k, sparsity in [(1, 4, 0.0), (6, 37, 0.5), (21, 38, 0.2), (5, 9, 1.0)]:
        m, k = -(-m // step) * step, -(-k // step) * step
        product = make_product(m, k, kernel["panel_width"], sparsity, k, block_of(kernel))
        weight = PackedWeight.pack(product.blocks)
        for output in ("s32", "f32", "u8", "s8"):
            expected = apply_epilogue(product.s32, product.weight, spread(product, output))
            y = run_guarded(weight, product, kernel["block"], kernel["isa"], output, fits)
            assert_close(y, expected)


def test_padding_tokens_do_not_matter(kernel):
    product = make_product(9, 33, kernel["panel_width"] - 3, 0.5, block=block_of(kernel))
    x = Panels.from_array(product.x)
    padding = Panels(np.ones_like(x.data), 33, x.data.size // 33)
    dirty = np.full((33, padding.tokens), 255, np.uint8)
    dirty[:, : x.tokens] = product.x
    x.data[...] = Panels.from_array(dirty).data
    result = spmm(PackedWeight.pack(product.blocks), x, num_threads=1).to_array()
    np.testing.assert_array_equal(result, product.s32)


@settings(max_examples=200, deadline=None)
@given(
    m=st.integers(1, 40),
    k=st.integers(1, 90),
    n=st.integers(1, 200),
    sparsity=st.sampled_from([0.0, 0.3, 0.9, 1.0]),
    extreme=st.booleans(),
    threads=st.integers(1, 3),
    block=st.sampled_from(BLOCKS),
    isa=st.sampled_from(isas_of(KERNELS)),
    seed=st.integers(0, 2**16),
)
def test_any_product_on_any_number_of_threads(
    m, k, n, sparsity, extreme, threads, block, isa, seed
):
    weight, x = varied_operands(m, k, n, sparsity, extreme, block, seed)
    product = Product(weight, BlockSparseMatrix.from_dense(weight, block), x)
    with capped_to(isa):
        np.testing.assert_array_equal(run(product, threads=threads), product.s32)


@pytest.mark.parametrize("block", BLOCKS, ids=str)
@pytest.mark.parametrize("isa", native.isa_names())
def test_more_than_65536_channels(isa, block, monkeypatch):
    if isa not in {kernel["isa"] for kernel in KERNELS if kernel["usable"]}:
        pytest.skip(f"this CPU cannot run {isa}")
    monkeypatch.setenv("SPBENCH_ISA", isa)
    for n in (3, 20, 50, 80, 96):
        product = make_product(5, 65536 + 9, n, 0.999, 2, block)
        assert PackedWeight.pack(product.blocks).channels.dtype == np.uint32
        np.testing.assert_array_equal(run(product), product.s32)


def test_indices_are_two_bytes_a_block():
    weight = PackedWeight.pack(make_product(64, 65536, 1, 0.99).blocks)
    assert weight.channels.dtype == np.uint16


def test_activations_may_be_transposed_views():
    product = make_product(8, 20, 70, 0.5)
    tokens_first = np.ascontiguousarray(product.x.T)
    y = spmm(PackedWeight.pack(product.blocks), Panels.from_array(tokens_first.T), num_threads=1)
    np.testing.assert_array_equal(y.to_array(), product.s32)


def test_output_panels_are_the_next_products_input():
    first, second = make_product(12, 20, 100, 0.5), make_product(7, 12, 1, 0.5, seed=1)
    hidden = spmm(
        PackedWeight.pack(first.blocks),
        Panels.from_array(first.x),
        Epilogue("u8", scale=0.01, bias=128.0),
        1,
    )
    y = spmm(PackedWeight.pack(second.blocks), hidden, num_threads=1).to_array()
    expected = second.weight.astype(np.int32) @ hidden.to_array().astype(np.int32)
    np.testing.assert_array_equal(y, expected)


def test_isa_variable_caps_the_choice(monkeypatch):
    monkeypatch.setenv("SPBENCH_ISA", "scalar")
    assert active_isa() == "scalar"
    monkeypatch.setenv("SPBENCH_ISA", "avx1024")
    with pytest.raises(InputError, match=r"SPBENCH_ISA=avx1024.*avx512vnni"):
        active_isa()


def test_block_without_kernel_names_those_that_exist():
    matrix = BlockSparseMatrix.from_dense(np.ones((6, 6), np.int8), BlockShape(3, 2))
    with pytest.raises(
        InputError,
        match="no kernel for 3x2 blocks; kernels exist for 1x1, 1x4, 4x1, 4x4, 8x1, 16x1, 16x4",
    ):
        PackedWeight.pack(matrix)


def test_operands_that_do_not_fit_are_refused():
    product = make_product(4, 8, 5, 0.5)
    weight = PackedWeight.pack(product.blocks)
    with pytest.raises(ValueError, match="K = 8"):
        spmm(weight, Panels.from_array(np.zeros((9, 5), np.uint8)))
    with pytest.raises(TypeError, match="u8"):
        Panels.from_array(np.zeros((8, 5), np.float32))
    with pytest.raises(ValueError, match="at least 1"):
        Panels.from_array(np.zeros((0, 5), np.uint8))
    with pytest.raises(ValueError, match="zero points"):
        spmm(weight, Panels.from_array(product.x), Epilogue("s32", x_zero_point=3))
    with pytest.raises(ValueError, match="num_threads"):
        spmm(weight, Panels.from_array(product.x), num_threads=0)
    with pytest.raises(ValueError, match="y must be s32"):
        Spmm(weight, Panels.from_array(product.x), y=Panels.empty(4, 6, "s32"))


@pytest.mark.parametrize(
    "change",
    [
        {"indices": np.array([0, 60000], np.int32)},
        {"indices": np.array([0, -1], np.int32)},
        {"indptr": np.array([0, 3], np.int64)},
        {"indptr": np.array([0, 1, 2], np.int64)},
        {"data": np.ones((1, 4, 1), np.int8)},
        {"indices": np.array([1, 0], np.int32)},
        {"indices": np.array([1, 1], np.int32)},
    ],
)
def test_a_matrix_that_is_none_is_refused(change):
    sound = BlockSparseMatrix.from_dense(np.ones((4, 2), np.int8), BLOCK)
    with pytest.raises(ValueError, match=r"block"):
        PackedWeight.pack(replace(sound, **change))


def test_sums_that_can_leave_s32_are_refused():
    k = 66_000
    weight = np.full((4, k), -128, np.int8)
    with pytest.raises(ValueError, match="can leave s32"):
        PackedWeight.pack(BlockSparseMatrix.from_dense(weight, BLOCK))
    with pytest.raises(ValueError, match="can leave s32"):
        DenseWeight.pack(weight)
    weight[:, 1::2] = 127  # no sign has enough weights
    assert PackedWeight.pack(BlockSparseMatrix.from_dense(weight, BLOCK)).shape == (4, k)


@pytest.mark.parametrize("field", ["weights", "channels", "group_begin"])
def test_packed_weights_that_are_too_short_are_refused(field):
    product = make_product(8, 20, 16, 0.0)
    weight = PackedWeight.pack(product.blocks)
    short = replace(weight, **{field: getattr(weight, field)[:-1]})
    with pytest.raises(ValueError, match="packed weights"):
        Spmm(short, Panels.from_array(product.x))


def test_one_index_serves_four_neighbouring_channels():
    product = make_product(8, 22, 1, 0.0, block=BlockShape(4, 4))
    weight = PackedWeight.pack(product.blocks)
    groups = 2 * 6
    assert weight.channels.nbytes == 2 * (groups + 1)
    assert weight.channels.max() == 22 - 4  # the last block is moved back into X


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_index_bytes_are_foretold(block):
    blocks = make_product(70, 90, 1, 0.7, block=block).blocks
    foretold = packed_index_bytes(block, 90, np.diff(blocks.indptr))
    assert foretold == PackedWeight.pack(blocks).index_bytes


def test_index_bytes_are_counted():
    weight = PackedWeight.pack(make_product(8, 20, 1, 0.0).blocks)
    assert weight.channels.nbytes == 2 * (2 * 20 + 4)  # and a group to read ahead
    assert weight.index_bytes == weight.channels.nbytes + 3 * 8
