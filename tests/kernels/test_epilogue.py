"""Every feature of the epilogue, with every kernel, against float64: within one quantum."""

from __future__ import annotations

import importlib.util
import math
import re
from pathlib import Path

import numpy as np
import pytest
from conftest import DENSE_KERNELS, KERNELS, LOOKUP_KERNELS, RAN, make_product
from guarded import guarded_copy
from hypothesis import given, settings
from hypothesis import strategies as st

from spbench.formats import BlockShape, BlockSparseMatrix
from spbench.kernels import Epilogue, PackedWeight, Panels, Spmm, Spmv, TokenWeight, byte_table
from spbench.kernels._native import spmm as native
from spbench.kernels.reference import activate, apply_epilogue, gelu

ACTIVATION_ERROR = 1e-4
"""Of vector kernels' GELU and tanh, times max(1, |v|)."""

GELU_SPAN = 30.0

FEATURES = {
    "relu": ["activation"],
    "gelu": ["activation"],
    "tanh": ["activation"],
    "residual": ["residual"],
    "token_scale": ["token_scale"],
    "all": ["activation", "residual", "token_scale"],
}


def make_epilogue(feature: str, output: str, m: int, n: int, seed: int = 0, **given) -> Epilogue:
    """Values of a few units, steps of 1/40, zero points of both sides."""
    generator = np.random.default_rng(seed)
    fields = {
        "activation": "gelu" if feature == "all" else feature,
        "residual": Panels.from_floats(generator.normal(0, 2, (m, n))),
        "token_scale": generator.uniform(0.5, 2, n).astype(np.float32),
    }
    chosen = {name: fields[name] for name in FEATURES[feature]}
    if output != "f32":
        chosen |= {"y_scale": 1 / 40, "y_zero_point": 100 if output == "u8" else -3}
    scale = generator.uniform(2e-5, 2e-4, m)
    return Epilogue(
        output, scale, generator.uniform(-1, 1, m), x_zero_point=117, **(chosen | given)
    )


def require_close(result: np.ndarray, expected: np.ndarray) -> None:
    if result.dtype == np.float32:
        np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1.5e-4)
    else:
        assert np.abs(result.astype(int) - expected.astype(int)).max() <= 1


@pytest.mark.parametrize("feature", FEATURES)
def test_every_feature_with_every_kernel(kernel, feature):
    rows, n = kernel["block"][0], kernel["panel_width"]
    for m, tokens in [(2 * rows, n), (rows + 3, n - 5)]:
        product = make_product(m, 24, tokens, 0.4, m, BlockShape(*kernel["block"]))
        weight, x = PackedWeight.pack(product.blocks), Panels.from_array(product.x)
        for output in ("f32", "u8", "s8"):
            epilogue = make_epilogue(feature, output, m, tokens)
            y = Spmm(weight, x, epilogue, num_threads=1).run().to_array()
            require_close(y, apply_epilogue(product.s32, product.weight, epilogue))


def identity_product(kernel, values: np.ndarray, **fields) -> np.ndarray:
    """What a kernel's epilogue makes of ``values``, as biases of empty rows of W, [values]."""
    empty = BlockSparseMatrix.from_dense(
        np.zeros((len(values), 4), np.int8), BlockShape(*kernel["block"])
    )
    x = Panels.from_array(np.zeros((4, kernel["panel_width"]), np.uint8))
    epilogue = Epilogue(bias=values, **fields)
    return Spmm(PackedWeight.pack(empty), x, epilogue, num_threads=1).run().to_array()[:, 0]


WIDEST = [kernel for kernel in KERNELS if kernel["block"] == (4, 1) and kernel["panel_width"] == 64]


@pytest.mark.parametrize("isa", [kernel["isa"] for kernel in WIDEST if kernel["usable"]])
@pytest.mark.parametrize("name", ["gelu", "tanh"])
def test_activations_are_within_their_stated_error(isa, name, monkeypatch):
    monkeypatch.setenv("SPBENCH_ISA", isa)
    values = np.linspace(-GELU_SPAN, GELU_SPAN, 60001)
    steps = np.arange(-32, 33) / 4  # where one segment ends and the next begins
    values = np.concatenate([values, steps, np.nextafter(steps.astype(np.float32), -9)])
    result = identity_product(WIDEST[0], values, output="f32", activation=name)
    expected = activate(name, values.astype(np.float32).astype(np.float64))
    allowed = ACTIVATION_ERROR * np.maximum(1, np.abs(values))
    assert (np.abs(result - expected) <= allowed).all()


def test_gelu_of_the_reference_is_that_of_erf():
    for value in (-3.0, -0.5, 0.0, 1.0, 2.5):
        expected = value * (1 + math.erf(value / math.sqrt(2))) / 2
        assert gelu(np.array(value)) == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize("activation", ["none", "relu", "gelu", "tanh"])
def test_huge_values_saturate_and_nothing_is_nan(kernel, activation):
    values = np.array([1e35, np.inf, -1e35, -np.inf, 3e9, -3e9, 0.0])
    expected = activate(activation, values)
    floats = identity_product(kernel, values, output="f32", activation=activation)
    np.testing.assert_allclose(floats, expected, rtol=1e-6, atol=1e-4)
    for output, low, high in (("u8", 0, 255), ("s8", -128, 127)):
        stored = identity_product(
            kernel, values, output=output, activation=activation, y_scale=1e-3, y_zero_point=1
        )
        assert np.abs(stored - np.clip(expected / 1e-3 + 1, low, high)).max() <= 1


@pytest.mark.parametrize("output", ["u8", "s8"])
def test_residuals_and_token_scales_may_be_huge(kernel, output):
    m, n = 5, kernel["panel_width"]
    product = make_product(m, 8, n, 0.0, block=BlockShape(*kernel["block"]))
    signs = np.where(np.arange(n) % 2, -1e30, 1e30)
    epilogue = Epilogue(
        output,
        residual=Panels.from_floats(np.tile(signs, (m, 1))),
        token_scale=np.full(n, 1e9, np.float32),
    )
    weight = PackedWeight.pack(product.blocks)
    y = Spmm(weight, Panels.from_array(product.x), epilogue, num_threads=1).run().to_array()
    np.testing.assert_array_equal(y, apply_epilogue(product.s32, product.weight, epilogue))


def test_stays_inside_residual_and_token_scales(kernel):
    """All operands end at unmapped pages; a byte too far is a crash."""
    step = 4 if kernel["panel_width"] > 64 else 1
    m, k, n = -(-5 // step) * step, 16, kernel["panel_width"]
    product = make_product(m, k, n, 0.3, block=BlockShape(*kernel["block"]))
    weight, x = PackedWeight.pack(product.blocks), Panels.from_array(product.x)
    epilogue = make_epilogue("all", "u8", m, n)
    operands = epilogue.operands(weight, n) | {"table": np.arange(256, dtype=np.uint8)}
    guarded = {
        name: guarded_copy(value) if isinstance(value, np.ndarray) else value
        for name, value in operands.items()
    }
    y = guarded_copy(Panels.empty(m, n, "u8").data)
    native.SpmmCall(
        m=m,
        k=k,
        n=n,
        block=kernel["block"],
        group_begin=weight.group_begin,
        weights=weight.weights,
        channels=weight.channels,
        x=guarded_copy(x.data),
        y=y,
        threads=1,
        isa=kernel["isa"],
        row_split=np.empty(2, np.int64),
        **guarded,
    ).run()
    require_close(Panels(y, m, n).to_array(), apply_epilogue(product.s32, product.weight, epilogue))


@pytest.mark.parametrize("dense", DENSE_KERNELS, ids=lambda kernel: kernel["name"])
def test_dense_products_have_the_same_epilogue(dense, monkeypatch):
    from spbench.kernels import DenseWeight

    if not dense["usable"]:
        pytest.skip("this CPU lacks a feature")
    monkeypatch.setenv("SPBENCH_ISA", dense["isa"])
    product = make_product(7, 12, dense["panel_width"], 0.0)
    epilogue = make_epilogue("all", "u8", 7, dense["panel_width"])
    weight = DenseWeight.pack(product.weight)
    y = Spmm(weight, Panels.from_array(product.x), epilogue, num_threads=1).run().to_array()
    require_close(y, apply_epilogue(product.s32, product.weight, epilogue))


@settings(max_examples=60, deadline=None)
@given(
    m=st.integers(1, 70),
    n=st.integers(1, 200),
    feature=st.sampled_from(list(FEATURES)),
    output=st.sampled_from(["f32", "u8", "s8"]),
    threads=st.integers(1, 3),
    seed=st.integers(0, 2**16),
)
def test_any_shape_on_any_number_of_threads(m, n, feature, output, threads, seed):
    product = make_product(m, 20, n, 0.5, seed)
    epilogue = make_epilogue(feature, output, m, n, seed)
    weight = PackedWeight.pack(product.blocks)
    y = Spmm(weight, Panels.from_array(product.x), epilogue, num_threads=threads).run().to_array()
    require_close(y, apply_epilogue(product.s32, product.weight, epilogue))


def test_residual_and_token_scales_are_read_at_every_run():
    product = make_product(6, 12, 50, 0.2)
    first, second = make_epilogue("all", "f32", 6, 50), make_epilogue("all", "f32", 6, 50, seed=1)
    epilogue = Epilogue(
        "f32", first.scale, first.bias, 117, residual=first.residual, token_scale=first.token_scale
    )
    call = Spmm(PackedWeight.pack(product.blocks), Panels.from_array(product.x), epilogue)
    require_close(call.run().to_array(), apply_epilogue(product.s32, product.weight, epilogue))
    first.residual.data[:] = second.residual.data
    call.token_scale[:] = second.token_scale
    changed = Epilogue(
        "f32", first.scale, first.bias, 117, residual=second.residual,
        token_scale=second.token_scale,
    )  # fmt: skip
    require_close(call.run().to_array(), apply_epilogue(product.s32, product.weight, changed))


# Tables


@pytest.fixture(params=LOOKUP_KERNELS, ids=lambda kernel: kernel["name"])
def lookup(request):
    if not request.param["usable"]:
        pytest.skip(f"this CPU lacks one of {', '.join(request.param['features'])}")
    RAN.add(request.param["name"])
    return request.param


@pytest.mark.parametrize("count", [0, 16, 32, 48, 64, 112, 256, 4096 + 16])
def test_lookup_is_exact(lookup, count):
    generator = np.random.default_rng(count)
    table = guarded_copy(generator.permutation(256).astype(np.uint8))
    values = np.concatenate([np.arange(256), generator.integers(0, 256, 4096)])[:count]
    data = guarded_copy(values.astype(np.uint8))
    native.look_up(lookup["isa"], table, data)
    np.testing.assert_array_equal(data, table[values])


@pytest.mark.parametrize("output", ["u8", "s8"])
@pytest.mark.parametrize("n", [16, 50, 64, 80, 96, 112])
def test_a_product_is_looked_up_exactly(lookup, output, n, monkeypatch):
    monkeypatch.setenv("SPBENCH_ISA", lookup["isa"])
    for block in (BlockShape(4, 1), BlockShape(16, 4)):
        product = make_product(333, 16, n, 0.5, n, block)
        weight, x = PackedWeight.pack(product.blocks), Panels.from_array(product.x)
        table = np.random.default_rng(0).permutation(256).astype(np.uint8)
        scales = {"output": output, "scale": 1e-3, "bias": 3.0, "y_zero_point": 9}
        plain = Spmm(weight, x, Epilogue(**scales), num_threads=2).run().to_array()
        call = Spmm(weight, x, Epilogue(**scales, table=table), num_threads=2)
        assert call.kernels[-1] == lookup["name"]
        np.testing.assert_array_equal(
            call.run().to_array().view(np.uint8), table[plain.view(np.uint8)]
        )


@pytest.mark.parametrize("dtype", ["u8", "s8"])
def test_byte_table_spelt_out(dtype):
    table = byte_table(np.tanh, 0.03, 5, 0.01, -7, dtype)
    low, high = (0, 255) if dtype == "u8" else (-128, 127)
    for stored in (low, low + 1, 0, 5, 100, high):
        expected = round(math.tanh((stored - 5) * 0.03) / 0.01 - 7)
        found = table[stored % 256].astype(np.int64)
        found = found - 256 if dtype == "s8" and found > 127 else found
        assert found == min(max(expected, low), high)


def test_byte_table_of_another_type():
    with pytest.raises(ValueError, match="u8 or s8, not 'f32'"):
        byte_table(np.tanh, 1, 0, 1, 0, "f32")


# What does not exist


def refusal(**fields) -> str:
    product = make_product(8, 12, 20, 0.5)
    with pytest.raises(ValueError) as caught:
        Spmm(PackedWeight.pack(product.blocks), Panels.from_array(product.x), Epilogue(**fields))
    return str(caught.value)


TABLE = np.zeros(256, np.uint8)


@pytest.mark.parametrize(
    "fields",
    [
        {"activation": "relu"},
        {"table": TABLE},
        {"token_scale": np.ones(20, np.float32)},
        {"residual": Panels.from_floats(np.zeros((8, 20)))},
    ],
)
def test_s32_is_the_bare_product(fields):
    assert "s32 output is the bare product" in refusal(**fields)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"output": "u9"}, "one of s32, f32, u8, s8"),
        ({"output": "u8", "activation": "selu"}, "one of none, relu, gelu, tanh"),
        ({"output": "f32", "table": TABLE}, "is for u8 and s8, not f32"),
        ({"output": "f32", "y_scale": 0.5}, "for u8 and s8, not f32"),
        ({"output": "u8", "y_scale": 0.0}, "above 0, not 0.0"),
        ({"output": "u8", "table": TABLE[:5]}, "a table is u8 [256], not uint8 [5]"),
        ({"output": "u8", "token_scale": np.ones(19)}, "token_scale must be [20], not [19]"),
        (
            {"output": "u8", "residual": Panels.from_floats(np.zeros((8, 21)))},
            "residual is f32 [8, 21], not f32 [8, 20]",
        ),
        (
            {"output": "u8", "residual": Panels.from_array(np.zeros((8, 20), np.uint8))},
            "residual is u8 [8, 20], not f32 [8, 20]",
        ),
    ],
)
def test_what_does_not_exist_is_refused(fields, message):
    assert re.search(re.escape(message), refusal(**fields))


def test_one_token_takes_plain_epilogues_only():
    weight = TokenWeight.pack(make_product(8, 12, 1, 0.5).blocks)
    plain = Epilogue("u8", y_scale=0.25, scale=2.0, bias=1.0, y_zero_point=3)
    scale, bias = plain.folded(weight)
    assert (scale == 8).all() and (bias == 7).all()
    for fields in ({"activation": "gelu"}, {"table": TABLE}):
        with pytest.raises(ValueError, match="scale and bias only"):
            Spmv(weight, Epilogue("u8", **fields))


def test_float_panels_and_back():
    for n in (1, 16, 50, 100, 128):
        values = np.random.default_rng(n).normal(size=(5, n)).astype(np.float32)
        np.testing.assert_array_equal(Panels.from_floats(values).to_array(), values)
    with pytest.raises(ValueError, match="at least 1"):
        Panels.from_floats(np.zeros((0, 3)))


def test_segments_are_what_their_script_makes():
    folder = Path(__file__).parents[2] / "cython_kernels/epilogue"
    spec = importlib.util.spec_from_file_location("make_segments", folder / "make_segments.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    text = (folder / "segments.h").read_text()
    written = [float(number) for number in re.findall(r"(-?\d\.\d{9}e[-+]\d\d)f", text)]
    tables = (module.gelu_coefficients(), module.tanh_coefficients())
    made = np.concatenate([table.ravel() for table in tables])
    np.testing.assert_allclose(written, made, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"x_zero_point": 300}, "x_zero_point must be 0 .. 255, not 300"),
        ({"scale": np.nan}, "scale holds NaN"),
        ({"scale": np.ones(3)}, r"scale is one number or \[4\], not \[3\]"),
        ({"bias": np.ones((4, 1))}, r"bias is one number or \[4\], not \[4, 1\]"),
        ({"y_scale": 1e-42}, "y_scale must be a normal f32 above 0"),
        ({"table": [0] * 256}, "table is a ndarray, not a list"),
        ({"residual": np.ones((4, 2))}, "residual is a Panels, not a ndarray"),
    ],
)
def test_what_is_no_epilogue_names_the_field(given, message):
    with pytest.raises(ValueError, match=message):
        Epilogue("u8", **given).require_sound(4, 2)
