"""Every kernel of attention/kernels.inc against NumPy, within a quantum; each other, exactly."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import chosen, encoder_kernels
from guarded import guarded_copy

from spbench.kernels import Panels
from spbench.kernels._native import spmm as native

SCALE, OUTPUT_SCALE, OUTPUT_BIAS = 2e-4, 0.7, 128.0
BATCHES = [
    [1], [5], [16], [64], [128], [512],
    [13, 61, 67],  # straddle dwords, registers and panels
    [12, 80, 33], [1, 1, 1, 1, 60], [63, 2, 64], [300, 212], [3, 64, 64, 29], [47, 1],
]  # fmt: skip


@pytest.fixture(params=encoder_kernels("attention"), ids=lambda kernel: kernel["name"])
def kernel(request, monkeypatch):
    return chosen(request, monkeypatch)


def make_qkv(hidden: int, tokens: int, seed: int = 0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    return generator.integers(-128, 128, (3 * hidden, tokens), dtype=np.int8)


def in_panels(qkv: np.ndarray) -> np.ndarray:
    return Panels.from_array(qkv.view(np.uint8)).data.view(np.int8)


def run(isa, qkv, lengths, heads, guard=False, padding=None, scale=SCALE):
    """Attention of sequences of these lengths; u8 [hidden, tokens]."""
    hidden, tokens = len(qkv) // 3, qkv.shape[1]
    data = in_panels(qkv)
    if padding is not None:
        whole = np.full((3 * hidden, native.panel_capacity(tokens)), padding, np.int8)
        whole[:, :tokens] = qkv
        data = in_panels(whole)
    y = Panels.empty(hidden, tokens, "u8")
    y.data.fill(77)
    scratch = np.empty(native.attention_scratch(max(lengths), hidden // heads) + 64, np.uint8)
    scratch = scratch[-scratch.ctypes.data % 64 :]
    out = y.data
    if guard:
        data, out, scratch = (
            guarded_copy(data),
            guarded_copy(y.data),
            guarded_copy(scratch[: len(scratch) // 64 * 64]),
        )
    begin = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    native.attention(
        isa, data, tokens, hidden, heads, begin, scale, OUTPUT_SCALE, OUTPUT_BIAS, out, scratch
    )
    return Panels(out, hidden, tokens).to_array()


def expected(qkv, lengths, heads, scale=SCALE):
    hidden = len(qkv) // 3
    y = np.empty((hidden, qkv.shape[1]))
    for start, stop in zip(np.cumsum([0, *lengths[:-1]]), np.cumsum(lengths), strict=True):
        part = qkv[:, start:stop].astype(np.int64).reshape(3, heads, -1, stop - start)
        scores = np.einsum("hdi,hdj->hij", part[0], part[1])
        weights = np.rint(255 * np.exp2((scores - scores.max(2, keepdims=True)) * scale))
        values = np.einsum("hij,hdj->hdi", weights, part[2]) / weights.sum(2)[:, None]
        y[:, start:stop] = values.reshape(hidden, -1)
    return np.clip(np.rint(y * OUTPUT_SCALE + OUTPUT_BIAS), 0, 255)


@pytest.mark.parametrize("lengths", BATCHES, ids=str)
@pytest.mark.parametrize(("hidden", "heads"), [(64, 1), (96, 3), (24, 2), (12, 3)])
def test_is_within_one_quantum_of_numpy(kernel, lengths, hidden, heads):
    qkv = make_qkv(hidden, sum(lengths))
    y = run(kernel["isa"], qkv, lengths, heads).astype(int)
    assert np.abs(y - expected(qkv, lengths, heads)).max() <= 1


@pytest.mark.parametrize("lengths", BATCHES, ids=str)
def test_every_isa_gives_the_same_bytes(kernel, lengths):
    for seed, scale in enumerate((1e-3, 1e-5, 1e-7)):
        qkv = make_qkv(64, sum(lengths), seed)
        y = run(kernel["isa"], qkv, lengths, 2, scale=scale)
        np.testing.assert_array_equal(y, run("scalar", qkv, lengths, 2, scale=scale))


@pytest.mark.parametrize("lengths", BATCHES, ids=str)
def test_a_sequence_does_not_depend_on_its_neighbours(kernel, lengths):
    qkv = make_qkv(64, sum(lengths), seed=3)
    y = run(kernel["isa"], qkv, lengths, 2)
    for start, stop in zip(np.cumsum([0, *lengths[:-1]]), np.cumsum(lengths), strict=True):
        alone = run(kernel["isa"], np.ascontiguousarray(qkv[:, start:stop]), [stop - start], 2)
        np.testing.assert_array_equal(y[:, start:stop], alone)


def run_scaled(isa, qkv, scales, lengths, heads, guard=False):
    """With scales of tokens, f32 [3 * heads, tokens]; f32 [hidden, tokens]."""
    hidden, tokens = len(qkv) // 3, qkv.shape[1]
    data, token_scale = in_panels(qkv), Panels.from_floats(scales).data
    y = Panels.empty(hidden, tokens, "f32")
    y.data.fill(77)
    scratch = np.empty(native.attention_scratch(max(lengths), hidden // heads) + 64, np.uint8)
    scratch, out = scratch[-scratch.ctypes.data % 64 :], y.data
    if guard:
        scratch = scratch[: len(scratch) // 64 * 64]
        data, token_scale, out, scratch = map(guarded_copy, (data, token_scale, out, scratch))
    begin = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    native.attention(
        isa, data, tokens, hidden, heads, begin, SCALE, 1.0, 0.0, out, scratch, token_scale
    )
    return Panels(out, hidden, tokens).to_array()


def make_scales(heads: int, tokens: int, seed: int = 0) -> np.ndarray:
    scales = np.random.default_rng(seed).uniform(0.2, 3.0, (3 * heads, tokens)).astype(np.float32)
    scales[:, ::17] *= 50  # a token that speaks louder
    scales[:, 5::19] = 0  # and one that is silent
    return scales


def expected_scaled(qkv, scales, lengths, heads):
    """In f64, nothing rounded but Q, K and V."""
    hidden = len(qkv) // 3
    each = np.repeat(scales, hidden // heads, axis=0)
    real, y = qkv * each.astype(np.float64), np.empty((hidden, qkv.shape[1]))
    for start, stop in zip(np.cumsum([0, *lengths[:-1]]), np.cumsum(lengths), strict=True):
        part = real[:, start:stop].reshape(3, heads, -1, stop - start)
        scores = np.einsum("hdi,hdj->hij", part[0], part[1]) * SCALE
        weights = np.exp2(scores - scores.max(2, keepdims=True))
        values = np.einsum("hij,hdj->hdi", weights / weights.sum(2)[:, :, None], part[2])
        y[:, start:stop] = values.reshape(hidden, -1)
    return y


@pytest.mark.parametrize("lengths", BATCHES, ids=str)
@pytest.mark.parametrize(("hidden", "heads"), [(64, 1), (96, 3), (12, 3)])
def test_scales_of_tokens_are_within_the_error_of_p(kernel, lengths, hidden, heads):
    qkv, scales = make_qkv(hidden, sum(lengths)), make_scales(heads, sum(lengths))
    y = run_scaled(kernel["isa"], qkv, scales, lengths, heads)
    error = np.abs(y - expected_scaled(qkv, scales, lengths, heads))
    for start, stop in zip(np.cumsum([0, *lengths[:-1]]), np.cumsum(lengths), strict=True):
        loudest = 128 * scales[2 * heads :, start:stop].max()
        # Half a 255th of the weight of every key, above and below the line, half of it by chance.
        assert error[:, start:stop].max() <= loudest * min(1.0, 0.5 * (stop - start) / 255 + 0.002)


@pytest.mark.parametrize("lengths", BATCHES, ids=str)
def test_scales_of_tokens_give_the_same_bits_on_every_isa_and_in_every_batch(kernel, lengths):
    qkv, scales = make_qkv(64, sum(lengths), 1), make_scales(2, sum(lengths), 1)
    y = run_scaled(kernel["isa"], qkv, scales, lengths, 2)
    np.testing.assert_array_equal(y, run_scaled("scalar", qkv, scales, lengths, 2))
    for start, stop in zip(np.cumsum([0, *lengths[:-1]]), np.cumsum(lengths), strict=True):
        mine = np.s_[:, start:stop]
        alone = run_scaled(
            kernel["isa"], qkv[mine].copy(), scales[mine].copy(), [stop - start], 2, guard=True
        )
        np.testing.assert_array_equal(y[mine], alone)


def test_a_silent_sequence_beside_loud_ones_is_zero(kernel):
    qkv, scales = make_qkv(32, 60), np.ones((3, 60), np.float32)
    scales[:, 20:27], scales[:, 27:] = 0, 1e6
    y = run_scaled(kernel["isa"], qkv, scales, [20, 7, 33], 1)
    assert not y[:, 20:27].any() and np.isfinite(y).all()


@pytest.mark.parametrize("padding", [-128, 127])
def test_padding_does_not_matter(kernel, padding):
    qkv = make_qkv(32, 45, seed=5)
    y = run(kernel["isa"], qkv, [20, 25], 1)
    np.testing.assert_array_equal(y, run(kernel["isa"], qkv, [20, 25], 1, padding=padding))


def test_tokens_of_no_sequence_are_not_written(kernel):
    """Queries of others in the same register belong to other threads."""
    hidden, tokens = 32, 70
    qkv, y = make_qkv(hidden, tokens), Panels.empty(hidden, tokens, "u8")
    y.data.fill(77)
    scratch = np.empty(native.attention_scratch(70, hidden) + 64, np.uint8)
    scratch = scratch[-scratch.ctypes.data % 64 :]
    begin = np.array([13, 66], np.int64)
    native.attention(
        kernel["isa"], in_panels(qkv), tokens, hidden, 1, begin, SCALE, 1.0, 128.0, y.data, scratch
    )
    whole = Panels(y.data, hidden, native.panel_capacity(tokens)).to_array()
    assert (whole[:, :13] == 77).all() and (whole[:, 66:] == 77).all()
    assert not (whole[:, 13:66] == 77).all()


def test_stays_inside_its_buffers(kernel):
    """All operands end at unmapped pages; a byte too far is a crash."""
    for lengths in ([64], [16], [32], [13, 61, 67], [512]):
        qkv = make_qkv(64, sum(lengths))
        y = run(kernel["isa"], qkv, lengths, 2, guard=True)
        np.testing.assert_array_equal(y, run("scalar", qkv, lengths, 2))


@pytest.mark.parametrize("extreme", [-128, 127])
def test_extremes(kernel, extreme):
    qkv = np.full((3 * 64, 40), extreme, np.int8)
    y = run(kernel["isa"], qkv, [40], 1)
    assert (y == np.clip(np.rint(extreme * OUTPUT_SCALE + OUTPUT_BIAS), 0, 255)).all()


def test_one_key_that_is_far_ahead_takes_all_weight(kernel):
    qkv = np.zeros((3 * 16, 20), np.int8)
    qkv[:16] = 127  # queries
    qkv[16:32, 7] = 127  # one key
    qkv[32:, 7] = 50
    y = run(kernel["isa"], qkv, [20], 1, scale=1.0)
    assert (y == np.rint(50 * OUTPUT_SCALE + OUTPUT_BIAS)).all()


def test_operands_that_do_not_fit_are_refused():
    y, scratch = np.zeros(64 * 16, np.uint8), np.zeros(1 << 16, np.uint8)
    qkv = np.zeros(3 * 64 * 16, np.int8)
    whole = np.array([0, 16], np.int64)
    for hidden, heads, begin in [
        (64, 1, [0, 17]),
        (64, 1, [4, 4]),
        (64, 32, [0, 16]),
        (63, 1, [0, 16]),
    ]:
        with pytest.raises(ValueError, match=r"begin|head size|wrong size"):
            native.attention(
                "scalar", qkv, 16, hidden, heads, np.array(begin, np.int64), 1, 1, 0, y, scratch
            )
    with pytest.raises(ValueError, match="wrong size"):
        native.attention("scalar", qkv, 16, 64, 1, whole, 1, 1, 0, y, scratch[:100])
