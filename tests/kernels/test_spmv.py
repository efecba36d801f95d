"""Every SpMV kernel (a few tokens) against the reference, as the SpMM kernels are."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from conftest import BLOCK, RAN, SPMV_KERNELS, capped_to, isas_of, varied_operands
from guarded import guarded_copy
from hypothesis import given, settings
from hypothesis import strategies as st

from spbench.errors import InputError
from spbench.formats import BlockShape, BlockSparseMatrix
from spbench.kernels import Epilogue, Spmv, TokenWeight, active_isa, spmv
from spbench.kernels._native import spmm as native
from spbench.kernels.memory import aligned_empty
from spbench.kernels.reference import apply_epilogue
from spbench.kernels.spmv import most_tokens


@dataclass(frozen=True)
class Product:
    """W s8 [M, K], dense and in blocks R x 1, X u8 [N, K], and their product in integers."""

    weight: np.ndarray
    blocks: BlockSparseMatrix
    x: np.ndarray

    @property
    def s32(self) -> np.ndarray:
        return self.x.astype(np.int32) @ self.weight.T.astype(np.int32)


def make_product(m, k, tokens, sparsity, seed=0, block=BLOCK):
    """Random blocks, extremes of both types among the values."""
    generator = np.random.default_rng(seed)
    weight = generator.integers(-128, 128, (m, k), dtype=np.int8)
    kept = generator.random(block.grid(m, k)) >= sparsity
    weight *= np.repeat(kept, block.rows, axis=0)[:m, :k]
    x = generator.integers(0, 256, (tokens, k), dtype=np.uint8)
    return Product(weight, BlockSparseMatrix.from_dense(weight, block), x)


@pytest.fixture(params=SPMV_KERNELS, ids=lambda kernel: kernel["name"])
def kernel(request, monkeypatch):
    """Each kernel of spmv/kernels.inc in turn, made the one that dispatch chooses."""
    if not request.param["usable"]:
        pytest.skip(f"this CPU lacks one of {', '.join(request.param['features'])}")
    monkeypatch.setenv("SPBENCH_ISA", request.param["isa"])
    RAN.add(request.param["name"])
    return request.param


@pytest.fixture
def block(kernel):
    return BlockShape(*kernel["block"])


def run(product, epilogue=None, threads=1):
    return spmv(TokenWeight.pack(product.blocks), product.x, epilogue, threads)


@pytest.mark.parametrize("m", [1, 3, 4, 5, 17, 63, 64, 67, 255, 256, 257, 521])
@pytest.mark.parametrize("k", [1, 2, 15, 16, 17, 255, 256, 257, 600])
@pytest.mark.parametrize("sparsity", [0.0, 0.8, 1.0])
def test_s32_is_the_product_bit_for_bit(kernel, block, m, k, sparsity):
    product = make_product(m, k, 1, sparsity, m * 1000 + k, block)
    prepared = Spmv(TokenWeight.pack(product.blocks), num_threads=1)
    assert prepared.kernels == (kernel["name"],)
    prepared.x[:] = product.x
    np.testing.assert_array_equal(prepared.run(), product.s32)


@pytest.mark.parametrize("tokens", range(1, 14))
def test_every_number_of_tokens(kernel, block, tokens):
    for m, k, sparsity in [(1, 1, 0.0), (67, 300, 0.5), (530, 600, 0.8)]:
        product = make_product(m, k, tokens, sparsity, tokens, block)
        np.testing.assert_array_equal(run(product), product.s32)


@pytest.mark.parametrize("output", ["f32", "u8", "s8"])
@pytest.mark.parametrize("x_zero_point", [0, 128])
@pytest.mark.parametrize("tokens", [1, 3])
def test_requantised_output_is_within_one_quantum(kernel, block, output, x_zero_point, tokens):
    for m, k in [(1, 1), (67, 131), (270, 300)]:
        product = make_product(m, k, tokens, 0.7, 7, block)
        generator = np.random.default_rng(3)
        epilogue = Epilogue(
            output,
            scale=generator.uniform(1e-5, 1e-2, m),
            bias=generator.uniform(-50, 50, m),
            x_zero_point=x_zero_point,
            y_zero_point=0 if output == "f32" else 5,
        )
        expected = apply_epilogue(product.s32.T, product.weight, epilogue).T
        result = run(product, epilogue)
        if output == "f32":
            np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-2)
        else:
            assert np.abs(result.astype(int) - expected.astype(int)).max() <= 1


@pytest.mark.parametrize(("output", "low", "high"), [("u8", 0, 255), ("s8", -128, 127)])
def test_requantisation_saturates_beyond_the_range_of_s32(kernel, block, output, low, high):
    product = make_product(40, 16, 2, 0.0, block=block)
    expected = np.where(product.s32 > 0, high, np.where(product.s32 < 0, low, 0))
    np.testing.assert_array_equal(run(product, Epilogue(output, scale=1e9)), expected)


@pytest.mark.parametrize(("weight", "activation"), [(-128, 255), (127, 255), (-128, 0)])
def test_extremes_do_not_saturate_in_between(kernel, block, weight, activation):
    blocks = BlockSparseMatrix.from_dense(np.full((5, 700), weight, np.int8), block)
    y = spmv(TokenWeight.pack(blocks), np.full(700, activation, np.uint8), num_threads=1)
    assert (y == weight * activation * 700).all()


@pytest.mark.parametrize("tokens", [1, 4])
@pytest.mark.parametrize("first", [0, 100, 255])
def test_rows_of_every_length(kernel, block, tokens, first):
    """Block rows with 0 to 256 blocks in a tile, wholly below channel 128 or above it, too."""
    rows = block.rows
    weight = np.zeros((rows * 257, 256), np.int8)
    for row in range(257):
        channels = slice(first, first + row)
        weight[rows * row : rows * (row + 1), channels] = np.arange(rows)[:, None] - row % 7 - 1
    x = np.random.default_rng(0).integers(0, 256, (tokens, 256), dtype=np.uint8)
    y = spmv(TokenWeight.pack(BlockSparseMatrix.from_dense(weight, block)), x, num_threads=1)
    np.testing.assert_array_equal(y, x.astype(np.int32) @ weight.T.astype(np.int32))


def test_stays_inside_its_buffers(kernel, block):
    cases = [(1, 1, 1, 0.0), (6, 300, 2, 0.5), (261, 256, 3, 0.9), (5, 9, 4, 1.0), (70, 40, 6, 0.2)]
    for m, k, tokens, sparsity in cases:
        product = make_product(m, k, tokens, sparsity, k, block)
        weight = TokenWeight.pack(product.blocks)
        x = aligned_empty((tokens, -(-k // 256) * 256), np.uint8)
        x[:, :k] = product.x
        for output in ("s32", "f32", "u8", "s8"):
            size = tokens * m * (4 if output in ("s32", "f32") else 1)
            y = guarded_copy(np.zeros(size, np.uint8))
            native.SpmvCall(
                m=m,
                k=k,
                tokens=tokens,
                block_rows=block.rows,
                order=guarded_copy(weight.order),
                groups=guarded_copy(weight.groups),
                group_begin=guarded_copy(weight.group_begin),
                channels=guarded_copy(weight.channels),
                weights=guarded_copy(weight.weights),
                x=guarded_copy(x.reshape(-1)),
                y=y,
                output=output,
                scale=guarded_copy(np.ones(m, np.float32)),
                bias=guarded_copy(np.zeros(m, np.float32)),
                threads=1,
                isa=kernel["isa"],
                chunk_split=np.empty(2, np.int64),
            ).run()
            if output == "s32":
                np.testing.assert_array_equal(y.view(np.int32).reshape(tokens, m), product.s32)


@settings(max_examples=100, deadline=None)
@given(
    m=st.integers(1, 600),
    k=st.integers(1, 700),
    tokens=st.integers(1, 9),
    rows=st.sampled_from(sorted({kernel["block"][0] for kernel in SPMV_KERNELS})),
    sparsity=st.sampled_from([0.0, 0.3, 0.9, 1.0]),
    extreme=st.booleans(),
    threads=st.integers(1, 3),
    isa=st.sampled_from(isas_of(SPMV_KERNELS)),
    seed=st.integers(0, 2**16),
)
def test_any_product_on_any_number_of_threads(
    m, k, tokens, rows, sparsity, extreme, threads, isa, seed
):
    block = BlockShape(rows, 1)
    weight, x = varied_operands(m, k, tokens, sparsity, extreme, block, seed)
    product = Product(
        weight, BlockSparseMatrix.from_dense(weight, block), np.ascontiguousarray(x.T)
    )
    with capped_to(isa):
        np.testing.assert_array_equal(run(product, threads=threads), product.s32)


def test_one_vector_gives_one_vector():
    product = make_product(40, 70, 1, 0.5)
    y = spmv(TokenWeight.pack(product.blocks), product.x[0], num_threads=1)
    np.testing.assert_array_equal(y, product.s32[0])


def test_an_index_is_one_byte_a_block():
    weight = TokenWeight.pack(make_product(256, 256, 1, 0.0).blocks)
    assert weight.channels.nbytes == 64 * 256 + 48
    assert weight.weights.nbytes == 256 * 256
    assert weight.index_bytes == 64 * 256 + 48 + 16 + 64 + 16


def test_a_block_row_is_padded_to_a_multiple_of_four_blocks():
    weight = np.zeros((256, 256), np.int8)
    weight[:, :5] = 1
    packed = TokenWeight.pack(BlockSparseMatrix.from_dense(weight, BlockShape(4, 1)))
    assert packed.weights.nbytes == 256 * 8


def test_operands_that_do_not_fit_are_refused():
    product = make_product(8, 20, 1, 0.5)
    weight = TokenWeight.pack(product.blocks)
    with pytest.raises(TypeError, match="u8"):
        spmv(weight, np.zeros(20, np.int8))
    with pytest.raises(ValueError, match=r"\[20\]"):
        spmv(weight, np.zeros(21, np.uint8))
    with pytest.raises(ValueError, match=r"\[N, 20\]"):
        spmv(weight, np.zeros((20, 1), np.uint8))
    with pytest.raises(ValueError, match="num_threads"):
        spmv(weight, product.x, num_threads=0)
    with pytest.raises(ValueError, match="tokens"):
        spmv(weight, np.zeros((0, 20), np.uint8))
    with pytest.raises(InputError, match="only for 4x1, 8x1, 16x1"):
        TokenWeight.pack(BlockSparseMatrix.from_dense(np.ones((8, 8), np.int8), BlockShape(1, 4)))


@pytest.mark.parametrize("field", ["weights", "channels", "group_begin", "groups", "order"])
def test_packed_weights_that_are_too_short_are_refused(field):
    weight = TokenWeight.pack(make_product(8, 20, 1, 0.0).blocks)
    short = replace(weight, **{field: getattr(weight, field)[:-1]})
    with pytest.raises(ValueError, match="packed weights"):
        Spmv(short)


@pytest.mark.parametrize(("isa", "most"), [("avx2", 2), ("scalar", 8)])
def test_how_many_tokens_are_few_depends_on_the_isa(monkeypatch, isa, most):
    monkeypatch.setenv("SPBENCH_ISA", isa)
    if active_isa() != isa:
        pytest.skip(f"this CPU lacks {isa}")
    assert most_tokens() == most


def test_every_isa_knows_how_many_tokens_are_few(monkeypatch):
    for isa in native.isa_names():
        monkeypatch.setenv("SPBENCH_ISA", isa)
        assert most_tokens() >= 1
