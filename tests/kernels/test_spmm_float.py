"""Every kernel of spmm_float/kernels.inc against float64, within what f32 sums may be off."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from conftest import FLOAT_KERNELS, RAN
from guarded import guarded_copy
from hypothesis import given, settings
from hypothesis import strategies as st

from spbench.errors import InputError
from spbench.formats import BlockShape, BlockSparseMatrix
from spbench.kernels import (
    PackedFloatWeight,
    Panels,
    SpmmFloat,
    active_float_isa,
    float_block_shapes,
    spmm_float,
)
from spbench.kernels._native import spmm_float as native

EPS_F32 = 2.0**-24  # half a step: the relative error of one rounding
EPS_BF16 = 2.0**-8
WIDTHS = {64: [64, 49, 63, 128], 32: [32, 31, 17], 16: [16, 15, 1]}
DTYPES = ("f32", "bf16")


@pytest.fixture(params=FLOAT_KERNELS, ids=lambda kernel: kernel["name"])
def kernel(request, monkeypatch):
    """Each kernel of spmm_float/kernels.inc in turn, made the one that dispatch chooses."""
    if not request.param["usable"]:
        pytest.skip(f"this CPU lacks one of {', '.join(request.param['features'])}")
    monkeypatch.setenv("SPBENCH_ISA", request.param["isa"])
    RAN.add(request.param["name"])
    return request.param


def bf16(values: np.ndarray) -> np.ndarray:
    """f32 rounded to bf16, halves to even, as f32: by arithmetic, not by bits."""
    mantissa, exponent = np.frexp(values.astype(np.float64))
    return np.ldexp(np.rint(np.ldexp(mantissa, 8)), exponent - 8).astype(np.float32)


@dataclass(frozen=True)
class Product:
    """W [M, K] (dense and in blocks) and X [K, N], f32 holding numbers of the dtype."""

    dtype: str
    weight: np.ndarray
    blocks: BlockSparseMatrix
    x: np.ndarray

    @property
    def exact(self) -> np.ndarray:
        return self.weight.astype(np.float64) @ self.x

    @property
    def allowed(self) -> np.ndarray:
        """Higham's bound of a sum of k products, in whatever order: k roundings, of all terms."""
        terms = np.abs(self.weight).astype(np.float64) @ np.abs(self.x)
        return (self.weight.shape[1] + 2) * EPS_F32 * terms

    def packed(self) -> PackedFloatWeight:
        return PackedFloatWeight.pack(self.blocks, self.dtype)

    def panels(self) -> Panels:
        return Panels.from_array(self.x, self.dtype)


def make_product(
    dtype: str, rows: int, m: int, k: int, n: int, sparsity: float = 0.5, seed: int = 0
) -> Product:
    """Normal numbers of many magnitudes, in random blocks."""
    generator = np.random.default_rng(seed)
    block = BlockShape(rows, 1)
    kept = generator.random(block.grid(m, k)) >= sparsity
    weight = generator.normal(size=(m, k)) * 2.0 ** generator.integers(-6, 6, (m, k))
    weight *= np.kron(kept, np.ones((rows, 1)))[:m]
    x = generator.normal(size=(k, n))
    weight, x = (each.astype(np.float32) for each in (weight, x))
    if dtype == "bf16":
        weight, x = bf16(weight), bf16(x)
    return Product(dtype, weight, BlockSparseMatrix.from_dense(weight, block), x)


def product_for(kernel, m, k, n, sparsity=0.5, seed=0) -> Product:
    return make_product(kernel["dtype"], kernel["block"][0], m, k, n, sparsity, seed)


def assert_close(result: np.ndarray, expected: np.ndarray, allowed: np.ndarray) -> None:
    difference = np.abs(result.astype(np.float64) - expected)
    assert (difference <= allowed).all(), (difference - allowed).max()


@pytest.mark.parametrize("m", [1, 4, 5, 15, 17, 67])
@pytest.mark.parametrize("k", [1, 2, 5, 131])
@pytest.mark.parametrize("sparsity", [0.0, 0.8, 1.0])
def test_product_is_float64s_within_the_bound(kernel, m, k, sparsity):
    for n in WIDTHS[kernel["panel_width"]]:
        product = product_for(kernel, m, k, n, sparsity, seed=m * 1000 + k)
        prepared = SpmmFloat(product.packed(), product.panels(), num_threads=1)
        assert prepared.kernels == (kernel["name"],)
        assert_close(prepared.run().to_array(), product.exact, product.allowed)


def test_whole_numbers_are_exact(kernel):
    """Weights s8, activations u8: the quantised product, every sum below 2^24."""
    generator = np.random.default_rng(1)
    rows, width = kernel["block"][0], kernel["panel_width"]
    weight = generator.integers(-127, 128, (35, 300)).astype(np.float32)
    weight[4:20] = 0  # empty block rows of 4 and, with the 16 after it, not of 16
    weight[16:32] = 0
    x = generator.integers(0, 256, (300, width)).astype(np.float32)
    blocks = BlockSparseMatrix.from_dense(weight, BlockShape(rows, 1))
    product = Product(kernel["dtype"], weight, blocks, x)
    result = spmm_float(product.packed(), product.panels(), num_threads=1).to_array()
    np.testing.assert_array_equal(result, product.exact)


@pytest.mark.parametrize("relu", [False, True])
def test_bias_and_relu(kernel, relu):
    product = product_for(kernel, 19, 33, kernel["panel_width"] - 1)
    bias = np.random.default_rng(2).normal(size=19).astype(np.float32)
    result = spmm_float(product.packed(), product.panels(), bias, relu, num_threads=1)
    expected = product.exact + bias[:, None]
    allowed = product.allowed + EPS_F32 * np.abs(expected)
    assert_close(result.to_array(), np.maximum(expected, 0) if relu else expected, allowed)
    assert (result.to_array() < 0).any() != relu


def test_what_is_no_number_stays_so(kernel):
    product = product_for(kernel, 8, 3, kernel["panel_width"], sparsity=0.0)
    product.x[:, 5] = np.nan
    result = spmm_float(product.packed(), product.panels(), relu=True, num_threads=1).to_array()
    assert np.isnan(result[:, 5]).all()
    assert not np.isnan(np.delete(result, 5, axis=1)).any()


def test_output_in_bf16(kernel):
    product = product_for(kernel, 19, 33, kernel["panel_width"] - 1)
    if kernel["dtype"] == "f32":
        with pytest.raises(ValueError, match="no bf16 output of a f32 product"):
            SpmmFloat(product.packed(), product.panels(), output="bf16")
        return
    result = spmm_float(product.packed(), product.panels(), output="bf16", num_threads=1)
    assert result.dtype == "bf16"
    expected = product.exact
    assert_close(result.to_array(), expected, product.allowed + EPS_BF16 * np.abs(expected))
    in_f32 = spmm_float(product.packed(), product.panels(), num_threads=1).to_array()
    np.testing.assert_array_equal(result.to_array(), bf16(in_f32))


def test_stays_inside_its_buffers(kernel):
    """All operands end at unmapped pages; a byte too far is a crash."""
    dtype, n = kernel["dtype"], kernel["panel_width"]
    for m, k, sparsity in [(1, 1, 0.0), (6, 37, 0.5), (17, 3, 0.0), (5, 9, 1.0)]:
        product = product_for(kernel, m, k, n, sparsity, seed=k)
        weight, x = product.packed(), product.panels()
        for output in ("f32", dtype):
            y = guarded_copy(Panels.empty(m, n, output).data)
            native.SpmmFloatCall(
                dtype=dtype,
                m=m,
                k=k,
                n=n,
                rows=kernel["block"][0],
                group_begin=guarded_copy(weight.group_begin),
                weights=guarded_copy(weight.weights).view(np.uint8),
                channels=guarded_copy(weight.channels),
                x=guarded_copy(x.data).view(np.uint8),
                y=y.view(np.uint8),
                output=output,
                bias=guarded_copy(np.zeros(m, np.float32)),
                relu=False,
                threads=1,
                isa=kernel["isa"],
                row_split=np.empty(2, np.int64),
            ).run()
            allowed = product.allowed
            if output == "bf16":
                allowed = allowed + EPS_BF16 * np.abs(product.exact)
            assert_close(Panels(y, m, n).to_array(), product.exact, allowed)


def test_padding_tokens_do_not_matter(kernel):
    width = kernel["panel_width"]
    product = product_for(kernel, 9, 33, width - 3)
    x = product.panels()
    dirty = np.full((33, width), np.nan, np.float32)
    dirty[:, :-3] = product.x
    x.data[...] = Panels.from_array(dirty, kernel["dtype"]).data
    result = spmm_float(product.packed(), x, num_threads=1).to_array()
    assert_close(result, product.exact, product.allowed)


@settings(max_examples=80, deadline=None)
@given(
    dtype=st.sampled_from(DTYPES),
    rows=st.sampled_from([4, 16]),
    m=st.integers(1, 70),
    k=st.integers(1, 90),
    n=st.integers(1, 200),
    sparsity=st.sampled_from([0.0, 0.3, 0.9, 1.0]),
    threads=st.integers(1, 3),
    seed=st.integers(0, 2**16),
)
def test_any_shape_on_any_number_of_threads(dtype, rows, m, k, n, sparsity, threads, seed):
    product = make_product(dtype, rows, m, k, n, sparsity, seed)
    result = spmm_float(product.packed(), product.panels(), num_threads=threads).to_array()
    assert_close(result, product.exact, product.allowed)


def test_more_than_65536_channels(kernel):
    product = product_for(kernel, 2, 65536 + 9, kernel["panel_width"], 0.999, seed=2)
    assert product.packed().channels.dtype == np.uint32
    result = spmm_float(product.packed(), product.panels(), num_threads=1).to_array()
    assert_close(result, product.exact, product.allowed)


@pytest.mark.parametrize("dtype", DTYPES)
def test_output_panels_are_the_next_products_input(dtype):
    first = make_product(dtype, 4, 12, 20, 100)
    second = make_product(dtype, 16, 7, 12, 1, seed=1)
    hidden = spmm_float(first.packed(), first.panels(), relu=True, output=dtype)
    result = spmm_float(second.packed(), hidden).to_array()
    chained = replace(second, x=hidden.to_array())
    assert_close(result, chained.exact, chained.allowed)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("tokens", [1, 15, 16, 31, 33, 63, 64, 65, 80, 130])
def test_panels_hold_what_was_put_in(dtype, tokens):
    x = make_product(dtype, 4, 1, 7, tokens).x
    np.testing.assert_array_equal(Panels.from_array(x, dtype).to_array(), x)
    transposed = np.ascontiguousarray(x.T).T
    np.testing.assert_array_equal(Panels.from_array(transposed, dtype).to_array(), x)


@pytest.mark.parametrize(
    ("width", "starts"),
    [
        (64, [0, 16, 4, 20, 8, 24, 12, 28, 32, 48, 36, 52, 40, 56, 44, 60]),
        (32, [0, 16, 4, 20, 8, 24, 12, 28]),
        (16, [0, 4, 8, 12]),
    ],
)
def test_order_of_bf16_lines_is_the_documented_one(width, starts):
    x = np.arange(width, dtype=np.float32)[None, :]
    line = Panels.from_array(x, "bf16").data.astype(np.uint32) << 16
    expected = [start + b for start in starts for b in range(4)]
    assert line.view(np.float32).tolist() == expected


def test_bf16_is_rounded_to_nearest_even():
    given = [1.0, 1 + 2**-8, 1 + 3 * 2**-8, 1 + 2**-8 + 2**-20, -1 - 2**-8, 3.4e38, np.inf, 0.0]
    expected = [1.0, 1.0, 1 + 2**-6, 1 + 2**-7, -1.0, np.inf, np.inf, 0.0]
    x = np.array([given], np.float32)
    assert Panels.from_array(x, "bf16").to_array()[0].tolist() == expected
    low_nan = np.array([[0x7F800001]], np.uint32).view(np.float32)
    assert np.isnan(Panels.from_array(low_nan, "bf16").to_array()).all()


def test_weights_are_rounded_as_activations_are():
    weight = np.random.default_rng(0).normal(size=(8, 40)).astype(np.float32)
    blocks = BlockSparseMatrix.from_dense(weight, BlockShape(4, 1))
    packed = PackedFloatWeight.pack(blocks, "bf16")
    result = spmm_float(packed, Panels.from_array(np.eye(40, dtype=np.float32), "bf16"))
    np.testing.assert_array_equal(result.to_array(), bf16(weight))


def test_index_is_two_bytes_a_block():
    product = make_product("f32", 4, 64, 4096, 1, 0.9)
    packed = product.packed()
    assert packed.channels.nbytes == 2 * product.blocks.stored_blocks
    assert packed.index_bytes == packed.channels.nbytes + packed.group_begin.nbytes
    assert packed.stored_weights == product.blocks.stored_weights


def test_isa_variable_caps_the_choice(monkeypatch):
    for cap in ("scalar", "avx2", "avx512vnni"):
        monkeypatch.setenv("SPBENCH_ISA", cap)
        assert active_float_isa("bf16") == "scalar"
        assert active_float_isa("f32") in ("scalar", "avx2", "avx512bw")
    monkeypatch.setenv("SPBENCH_ISA", "scalar")
    assert active_float_isa("f32") == "scalar"


def test_block_without_kernel_names_those_that_exist():
    matrix = BlockSparseMatrix.from_dense(np.ones((6, 6), np.float32), BlockShape(3, 2))
    assert list(map(str, float_block_shapes("bf16"))) == ["4x1", "16x1"]
    with pytest.raises(InputError, match="no f32 kernel for 3x2 blocks; .* for 4x1, 16x1"):
        PackedFloatWeight.pack(matrix)


def test_operands_that_do_not_fit_are_refused():
    product = make_product("f32", 4, 4, 8, 5)
    weight, x = product.packed(), product.panels()
    with pytest.raises(ValueError, match="K = 8"):
        SpmmFloat(weight, Panels.from_array(np.zeros((9, 5), np.float32), "f32"))
    with pytest.raises(ValueError, match="x is bf16"):
        SpmmFloat(weight, Panels.from_array(product.x, "bf16"))
    with pytest.raises(TypeError, match="f32 panels .* uint8"):
        Panels.from_array(np.zeros((8, 5), np.uint8), "f32")
    with pytest.raises(TypeError, match="weights are f32, not int8"):
        PackedFloatWeight.pack(replace(product.blocks, data=np.ones((1, 4, 1), np.int8)))
    with pytest.raises(ValueError, match="dtype 'f16'"):
        PackedFloatWeight.pack(product.blocks, "f16")
    with pytest.raises(ValueError, match="y must be f32"):
        SpmmFloat(weight, x, y=Panels.empty(4, 6, "f32"))
    with pytest.raises(ValueError, match="num_threads"):
        SpmmFloat(weight, x, num_threads=0)
    with pytest.raises(ValueError):
        SpmmFloat(weight, x, bias=np.zeros(3))


@pytest.mark.parametrize("field", ["weights", "channels", "group_begin"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_packed_weights_that_are_too_short_are_refused(dtype, field):
    product = make_product(dtype, 4, 8, 20, 16, 0.0)
    weight = product.packed()
    short = replace(weight, **{field: getattr(weight, field)[:-1]})
    with pytest.raises(ValueError, match="packed weights"):
        SpmmFloat(short, product.panels())


@pytest.mark.parametrize(
    "change",
    [
        {"indices": np.array([0, 60000], np.int32)},
        {"indices": np.array([0, -1], np.int32)},
        {"indptr": np.array([0, 3], np.int64)},
    ],
)
def test_a_matrix_that_is_none_is_refused(change):
    sound = BlockSparseMatrix.from_dense(np.ones((4, 2), np.float32), BlockShape(4, 1))
    with pytest.raises(ValueError, match=r"block"):
        PackedFloatWeight.pack(replace(sound, **change))
