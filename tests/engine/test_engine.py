"""A model's answers: close to f32, the same in every batch, on every ISA and number of threads."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from small_encoders import (
    FAMILIES,
    POSITIONS,
    VOCAB,
    cosine,
    encoder_config,
    encoder_tensors,
    sentences,
)
from small_models import write_safetensors

from spbench.engine import Engine, layer_weight
from spbench.engine.weight_form import DENSE, WeightForm
from spbench.errors import InputError
from spbench.formats.checkpoint import Checkpoint
from spbench.formats.encoder import Encoder
from spbench.kernels import block_shapes
from spbench.kernels._native import spmm as native
from spbench.quantization import calibrate, write_scales
from spbench.quantization.float_encoder import FloatEncoder


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("sparsity", [0.0, 0.7])
def test_is_close_to_f32(make_engine, family, sparsity):
    engine = make_engine(family, sparsity)
    ids, _ = sentences(50, seed=9)
    expected = FloatEncoder(Encoder.of(Checkpoint.open(engine.folder))).forward(ids[0])
    output = engine(ids)
    assert cosine(output.last_hidden_state[0], expected).min() > 0.99
    assert cosine(output.mean[0], expected.mean(axis=0)) > 0.995


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("block", block_shapes(), ids=str)
def test_every_block_shape_runs_by_kernels_of_its_own(make_engine, monkeypatch, block, threads):
    """The same bytes as dense int8, since sums are exact; 16 rows do not divide these layers."""
    ids, mask = sentences(70, 13, 1, 33)
    outputs = {}
    for form in (WeightForm(block, 0.8, 1.0), DENSE):
        monkeypatch.setattr(layer_weight, "candidate_forms", lambda weight, form=form: [form])
        engine = make_engine(sparsity=0.8, threads=threads, block=(block.rows, block.cols))
        assert {row.form for row in engine.plan().rows} == {"", form.name}
        outputs[form.name] = engine(ids, mask).last_hidden_state
    np.testing.assert_array_equal(*outputs.values())


@pytest.mark.parametrize("family", FAMILIES)
def test_a_prefix_before_all_names_changes_nothing(make_engine, family):
    ids, _ = sentences(20)
    bare = make_engine(family)(ids).last_hidden_state
    prefixed = make_engine(family, prefix=f"{family}.")(ids).last_hidden_state
    np.testing.assert_array_equal(bare, prefixed)


@pytest.mark.parametrize("is_calibrated", [True, False])
@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize(
    "lengths",
    [(1,), (13, 61, 67), (12, 80, 33), (512, 1, 77), (128,) * 8, (1,) * 40, (500, 400, 300, 200)],
    ids=str,
)
def test_a_batch_is_its_sentences_one_by_one(make_engine, threads, lengths, is_calibrated):
    engine = make_engine(threads=threads, is_calibrated=is_calibrated)
    ids, mask = sentences(*lengths)
    batch = engine(ids, mask)
    for row, length in enumerate(lengths):
        alone = engine(ids[row : row + 1, :length])
        np.testing.assert_array_equal(
            batch.last_hidden_state[row, :length], alone.last_hidden_state[0]
        )
        np.testing.assert_array_equal(batch.mean[row], alone.mean[0])
        assert not batch.last_hidden_state[row, length:].any()


def test_every_length_up_to_512(make_engine):
    """Rows of one sentence are a prefix's only where attention sees no more: so lengths differ."""
    engine, reference = make_engine(), make_engine(threads=2)
    for length in [*range(1, 140), 191, 192, 193, 255, 257, 383, 511, 512]:
        ids, _ = sentences(length)
        np.testing.assert_array_equal(
            engine(ids).last_hidden_state, reference(ids).last_hidden_state
        )


@pytest.mark.parametrize("isa", native.isa_names())
def test_every_isa_agrees(make_engine, isa, monkeypatch):
    """The ISAs round alike; only GELU, a polynomial here and erf there, may differ by a quantum."""
    ids, mask = sentences(33, 70, 5)
    best = make_engine()(ids, mask).mean
    monkeypatch.setenv("SPBENCH_ISA", isa)
    assert cosine(make_engine()(ids, mask).mean, best).min() > 0.999


def test_masked_tokens_do_not_matter_wherever_they_stand(make_engine):
    engine = make_engine()
    ids, mask = sentences(30)
    mask[0, [0, 7, 8, 29]] = 0
    other = ids.copy()
    other[mask == 0] = 3
    np.testing.assert_array_equal(
        engine(ids, mask).last_hidden_state, engine(other, mask).last_hidden_state
    )


def test_token_types_are_looked_up(make_engine):
    engine = make_engine()
    ids, _ = sentences(20)
    types = np.zeros_like(ids)
    same, other = engine(ids, None, types), engine(ids, None, types + 1)
    np.testing.assert_array_equal(same.last_hidden_state, engine(ids).last_hidden_state)
    assert (same.last_hidden_state != other.last_hidden_state).any()


def test_the_pooler_is_that_of_the_first_token(make_engine):
    engine = make_engine()
    ids, mask = sentences(20, 11)
    output = engine(ids, mask)
    encoder = Encoder.of(Checkpoint.open(engine.folder))
    first = output.last_hidden_state[:, 0]
    expected = np.tanh(first @ encoder.weight("pooler").T + encoder.bias("pooler"))
    np.testing.assert_allclose(output.pooled, expected, atol=1e-5)
    assert make_engine("roberta")(ids, mask).pooled is None


def test_roberta_counts_positions_behind_its_padding(make_engine):
    engine = make_engine("roberta")
    ids, mask = sentences(10, 10)
    ids[0, 4:], mask[0, 4:] = 1, 0  # padding token
    output = engine(ids, mask)
    alone = engine(ids[:1, :4])
    np.testing.assert_array_equal(output.last_hidden_state[0, :4], alone.last_hidden_state[0])


BAD = [
    ({"input_ids": np.full((1, 3), VOCAB)}, "token id 50 lies outside the vocabulary"),
    ({"input_ids": np.full((1, 3), -1)}, "token id -1"),
    ({"input_ids": np.ones((1, POSITIONS + 1), int)}, "position 520 .* at most 520"),
    ({"input_ids": np.ones((0, 3), int)}, "at least one"),
    ({"input_ids": np.ones((3, 0), int)}, "at least one"),
    ({"input_ids": np.ones(3, int)}, r"input_ids is \[3\]"),
    ({"input_ids": []}, r"input_ids is \[0\]"),
    ({"input_ids": np.ones((1, 3))}, "float64, not integers"),
    ({"input_ids": [[1, 2], [3]]}, "different lengths"),
    ({"input_ids": np.ones((1, 3), int), "attention_mask": np.ones((1, 4))}, "float64, not"),
    ({"input_ids": np.ones((1, 3), int), "attention_mask": [[1, 1, 1, 1]]}, "attention_mask is"),
    ({"input_ids": np.ones((2, 1), int), "attention_mask": [[1], [0]]}, "sentence 1 has no"),
    ({"input_ids": np.ones((1, 2), int), "token_type_ids": [[0, 2]]}, "token type 2"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=lambda value: str(value)[:20])
def test_bad_input_is_one_line_and_leaves_the_engine_usable(make_engine, arguments, message):
    engine = make_engine()
    ids, _ = sentences(12)
    before = engine(ids).mean
    with pytest.raises(InputError, match=message) as caught:
        engine(**arguments)
    assert "\n" not in str(caught.value)
    np.testing.assert_array_equal(engine(ids).mean, before)


def test_many_threads_may_call_one_engine(make_engine):
    engine = make_engine(threads=2)
    inputs = [sentences(10 + i, seed=i)[0] for i in range(8)]
    expected = [engine(ids).mean for ids in inputs]
    wrong = []

    def call(i: int) -> None:
        for _ in range(20):
            if not np.array_equal(engine(inputs[i]).mean, expected[i]):
                wrong.append(i)

    threads = [threading.Thread(target=call, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_memory_does_not_grow(make_engine):
    """10,000 good and 10,000 bad calls, of every kind."""
    engine = make_engine()
    ids, mask = sentences(40, 3)

    def calls(count: int) -> int:
        for i in range(count):
            engine(ids, mask)
            arguments, _ = BAD[i % len(BAD)]
            with pytest.raises(InputError):
                engine(**arguments)
        return resident_kib()

    before = calls(1000)
    assert calls(9000) - before < 2048


def truncate(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])


def put_nan_into_the_last_layer(folder: Path) -> None:
    tensors = encoder_tensors("bert")
    tensors["encoder.layer.1.output.dense.weight"][3, 5] = np.nan
    write_safetensors(folder / "model.safetensors", tensors)


def say_other_sizes(folder: Path) -> None:
    config = encoder_config("bert") | {"intermediate_size": 44}
    (folder / "config.json").write_text(json.dumps(config))


def say_fewer_layers(folder: Path) -> None:
    config = encoder_config("bert") | {"num_hidden_layers": 1}
    (folder / "config.json").write_text(json.dumps(config))


@pytest.mark.parametrize("epsilon", ["x", None, -1, float("nan")])
def test_an_epsilon_that_is_none_is_refused(make_engine, epsilon):
    folder = make_engine().folder
    config = encoder_config("bert") | {"layer_norm_eps": epsilon}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match="layer_norm_eps"):
        Engine.from_pretrained(folder)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ("abc", "texts is one str"),
        (None, "texts is one NoneType"),
        (["a", 1], r"texts\[1\] is of type int"),
        ([["a", "b"]], r"texts\[0\] is of type list"),
        (["\ud800"], "surrogate"),
    ],
)
def test_what_are_no_texts_is_refused(make_engine, texts, message):
    with pytest.raises(InputError, match=message):
        make_engine().encode(texts)


def test_a_gelu_is_chosen_only_with_scales(make_engine):
    with pytest.raises(InputError, match="activation_by 'table' needs scales"):
        Engine.from_pretrained(make_engine().folder, activation_by="table")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (truncate, "corrupt or truncated"),
        (put_nan_into_the_last_layer, "output.dense.weight holds NaN or Inf"),
        (say_other_sizes, r"is \[40, 24\], but config.json says \[44, 24\]"),
        (say_fewer_layers, "layer.1.* is of a layer more than the 1 of config.json"),
    ],
)
def test_a_model_that_cannot_be_loaded_leaks_nothing(make_engine, spoil, message):
    engine = make_engine()
    ids, _ = sentences(12)
    expected = engine(ids).mean
    write_scales(engine.folder, calibrate(Checkpoint.open(engine.folder), [ids]))
    spoil(engine.folder)

    def loads(count: int) -> int:
        for _ in range(count):
            with pytest.raises(InputError, match=message) as caught:
                Engine.from_pretrained(engine.folder)
            assert "\n" not in str(caught.value)
        return resident_kib()

    before = loads(10)
    assert loads(40) - before < 2048
    np.testing.assert_array_equal(engine(ids).mean, expected)


def resident_kib() -> int:
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def test_scales_lie_beside_the_weights(make_engine):
    checkpoint, (ids, _) = Checkpoint.open(make_engine().folder), sentences(25)
    scales = calibrate(checkpoint, [ids])
    write_scales(checkpoint.folder, scales)
    stored, given = Engine.from_pretrained(checkpoint.folder), Engine(checkpoint, scales)
    np.testing.assert_array_equal(stored(ids).mean, given(ids).mean)


def test_hidden_states_of_every_layer(make_engine):
    engine = make_engine()
    checkpoint, (ids, mask) = Checkpoint.open(engine.folder), sentences(70, 13)
    deep = Engine(checkpoint, calibrate(checkpoint, [ids[:1]]), 2, every_layer=True)
    plain = Engine(checkpoint, calibrate(checkpoint, [ids[:1]]), 1)
    output, expected = deep(ids, mask), plain(ids, mask)
    np.testing.assert_array_equal(output.last_hidden_state, expected.last_hidden_state)
    np.testing.assert_array_equal(output.hidden_states[-1], expected.last_hidden_state)
    np.testing.assert_array_equal(output.mean, expected.mean)
    assert expected.hidden_states is None
    first = next(FloatEncoder(Encoder.of(checkpoint)).layers_of([ids[1, :13]]))
    assert cosine(output.hidden_states[0, 1, :13], first).min() > 0.99
    assert not output.hidden_states[:, 1, 13:].any()


def test_gelu_is_computed_as_the_scales_say(make_engine):
    checkpoint, (ids, _) = Checkpoint.open(make_engine().folder), sentences(25)
    scales = calibrate(checkpoint, [ids])
    mixed = [replace(scales[0], activation_by="table"), *scales[1:]]
    for every in ("polynomial", "table"):
        alike = [replace(layer, activation_by=every) for layer in scales]
        forced = Engine(checkpoint, mixed, activation_by=every)
        np.testing.assert_array_equal(forced(ids).mean, Engine(checkpoint, alike)(ids).mean)
    polynomial = [replace(layer, activation_by="polynomial") for layer in scales]
    assert (Engine(checkpoint, mixed)(ids).mean != Engine(checkpoint, polynomial)(ids).mean).any()


def test_scales_of_another_model_are_refused(make_engine):
    engine = make_engine()
    checkpoint = Checkpoint.open(engine.folder)
    scales = calibrate(checkpoint, [sentences(10)[0]])
    with pytest.raises(InputError, match="scales of 1 layers for a model of 2"):
        Engine(checkpoint, scales[:1])


def test_the_plan_says_what_was_chosen(make_engine):
    plan = {row.name: row for row in make_engine(sparsity=0.7).plan().rows}
    assert plan["0 up"].form == "4x1" and plan["0 up"].reason == "clearly sparse"
    assert 0.5 < plan["0 up"].sparsity < 0.9
    assert plan["1 attention"].form == ""
    dense = {row.name: row for row in make_engine(sparsity=0.0).plan().rows}
    assert dense["0 up"].form == "dense"


def test_time_by_op_names_every_op(make_engine):
    engine = make_engine()
    times = engine.time_by_op(sentences(64)[0])
    assert {"embedding", "0 qkv", "1 attention", "1 down", "rows"} <= times.keys()
    assert sum(times.values()) > 0


def test_text_becomes_vectors(minilm):
    checkpoint = Checkpoint.open(minilm)
    ids = np.array([[101, 1996, 4937, 2938, 2006, 1996, 13523, 1012, 102]])
    engine = Engine(checkpoint, calibrate(checkpoint, [ids]), 1)
    vectors = engine.encode(["The cat sat on the mat.", "A cat on a mat", "Stock prices fell."])
    assert vectors.shape == (3, 384)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > 0.6
    assert vectors[0] @ vectors[2] < 0.3
    np.testing.assert_array_equal(engine.encode(["A cat on a mat"])[0], vectors[1])
    assert engine.encode([]).shape == (0, 384)
    as_array = np.array(["A cat on a mat"])
    np.testing.assert_array_equal(engine.encode(as_array)[0], vectors[1])
