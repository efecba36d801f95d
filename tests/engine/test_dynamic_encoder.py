"""The engine without calibration: each token brings its own scales."""

from __future__ import annotations

from functools import partial

import pytest
from small_encoders import FAMILIES, cosine, encoder_config, encoder_tensors, sentences

from spbench.engine import Engine
from spbench.formats.checkpoint import Checkpoint
from spbench.formats.encoder import Encoder
from spbench.kernels._native import spmm as native
from spbench.quantization.float_encoder import FloatEncoder


@pytest.fixture
def make_dynamic(make_engine):
    """Engines without scales; otherwise as ``make_engine``."""
    return partial(make_engine, is_calibrated=False)


@pytest.mark.parametrize("family", FAMILIES)
def test_is_close_to_f32(make_dynamic, family):
    engine, (ids, _) = make_dynamic(family, every_layer=True), sentences(50, seed=9)
    model = FloatEncoder(Encoder.of(Checkpoint.open(engine.folder)))
    states = engine(ids).hidden_states
    for found, expected in zip(states, model.layers_of([ids[0]]), strict=True):
        assert cosine(found[0], expected).min() > 0.998


def test_every_isa_agrees(make_dynamic, monkeypatch):
    ids, mask = sentences(33, 70, 5)
    best = make_dynamic()(ids, mask).mean
    for isa in native.isa_names():
        monkeypatch.setenv("SPBENCH_ISA", isa)
        assert cosine(make_dynamic()(ids, mask).mean, best).min() > 0.9999


def test_a_token_a_thousand_times_as_loud_spoils_no_other(make_model):
    """One scale for the tensor would leave the others a step or two."""
    tensors = encoder_tensors("bert")
    for layer in range(2):
        for part in ("query", "key"):  # attend evenly, so that tokens stay themselves
            tensors[f"encoder.layer.{layer}.attention.self.{part}.weight"] *= 0.01
    tensors["embeddings.word_embeddings.weight"][7] *= 1000
    tensors["embeddings.LayerNorm.bias"] *= 0.1
    engine = Engine.from_pretrained(make_model(tensors, encoder_config("bert")))
    ids, _ = sentences(40)
    ids[0, 20] = 7
    expected = FloatEncoder(Encoder.of(Checkpoint.open(engine.folder))).forward(ids[0])
    assert cosine(engine(ids).last_hidden_state[0], expected).min() > 0.995


def test_the_plan_names_what_is_quantised(make_dynamic):
    names = [row.name for row in make_dynamic().plan().rows]
    assert {"0 qkv bytes", "1 attention bytes", "1 up bytes", "0 norm bytes"} <= set(names)
    assert "1 norm bytes" not in names  # nothing reads them
