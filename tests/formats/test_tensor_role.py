"""Which tensors count as linear layers, for the families that transformers writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from spbench.formats.safetensors_file import TensorEntry
from spbench.formats.tensor_role import Kind, find_roles


def _roles(shapes, config=None, dtypes=None):
    dtypes = dtypes or {}
    tensors = {
        name: TensorEntry(name, dtypes.get(name, "F32"), shape, Path("model.safetensors"), 0, 0)
        for name, shape in shapes.items()
    }
    return find_roles(tensors, config or {})


def _kind(name, shape, config=None, **others):
    return _roles({name: shape, **others}, config)[name].kind


@pytest.mark.parametrize(
    "name",
    [
        "bert.encoder.layer.11.attention.self.value.weight",
        "roberta.encoder.layer.0.attention.output.dense.weight",
        "distilbert.transformer.layer.0.attention.q_lin.weight",
        "distilbert.transformer.layer.0.ffn.lin2.weight",
        "mpnet.encoder.layer.0.attention.attn.q.weight",
        "albert.encoder.albert_layer_groups.0.albert_layers.0.ffn_output.weight",
        "albert.encoder.embedding_hidden_mapping_in.weight",
        "electra.embeddings_project.weight",
        "deberta.encoder.layer.0.attention.self.query_proj.weight",
        "encoder.block.0.layer.1.DenseReluDense.wo.weight",
        "model.layers.0.mlp.gate_proj.weight",
    ],
)
def test_linear_by_name(name):
    assert _kind(name, (8, 6)) is Kind.LINEAR


@pytest.mark.parametrize(
    "name",
    [
        "pooler.dense.weight",
        "classifier.weight",
        "classifier.out_proj.weight",
        "pre_classifier.weight",
        "qa_outputs.weight",
        "lm_head.dense.weight",
        "cls.predictions.transform.dense.weight",
        "vocab_transform.weight",
    ],
)
def test_head_by_name(name):
    assert _kind(name, (8, 6)) is Kind.HEAD


@pytest.mark.parametrize(
    "name",
    [
        "embeddings.word_embeddings.weight",
        "roberta.embeddings.position_embeddings.weight",
        "wte.weight",
        "model.embed_tokens.weight",
        "shared.weight",
    ],
)
def test_embedding_by_name(name):
    assert _kind(name, (8, 6)) is Kind.EMBEDDING


def test_embedding_by_shape_unless_the_name_is_a_linear_layers():
    config = {"vocab_size": 100, "max_position_embeddings": 8}
    assert _kind("tokens.weight", (100, 8), config) is Kind.EMBEDDING
    assert _kind("places.weight", (8, 8), config) is Kind.EMBEDDING
    assert _kind("layer.0.output.dense.weight", (8, 8), config) is Kind.LINEAR
    assert _kind("decoder.weight", (100, 8), config, **{"decoder.bias": (100,)}) is Kind.HEAD


def test_an_unknown_matrix_needs_a_bias_as_evidence():
    assert _kind("odd.weight", (8, 6), **{"odd.bias": (8,)}) is Kind.LINEAR
    roles = _roles({"odd.weight": (8, 6)})
    assert roles["odd.weight"].kind is Kind.OTHER
    assert "neither its name nor a bias" in roles["odd.weight"].reason


def test_weights_stored_input_by_output_are_left_alone():
    name = "h.0.attn.c_proj.weight"
    assert _kind(name, (8, 8), {"model_type": "gpt2"}) is Kind.OTHER
    assert _kind(name, (8, 8), {"model_type": "gpt_bigcode"}) is Kind.LINEAR
    roles = _roles({"h.0.mlp.c_fc.weight": (6, 24), "h.0.mlp.c_fc.bias": (24,)})
    assert "stored [in, out]" in roles["h.0.mlp.c_fc.weight"].reason


def test_vectors_and_other_tensors():
    names = {
        "encoder.layer.0.output.LayerNorm.weight": Kind.LAYERNORM,
        "encoder.layer.0.sa_layer_norm.bias": Kind.LAYERNORM,
        "h.0.ln_1.weight": Kind.LAYERNORM,
        "LayerNorm.gamma": Kind.LAYERNORM,
        "encoder.layer.0.output.dense.bias": Kind.BIAS,
        "scale": Kind.OTHER,
    }
    roles = _roles(dict.fromkeys(names, (8,)))
    assert {name: role.kind for name, role in roles.items()} == names


@pytest.mark.parametrize(
    ("name", "shape", "dtype", "reason"),
    [
        ("embeddings.position_ids", (1, 8), "I64", "not floating point"),
        ("layer.0.dense.weight", (8, 8), "I8", "not floating point"),
        ("patch.projection.weight", (8, 3, 4, 4), "F32", "4-D"),
        ("lstm.weight_ih_l0", (8, 4), "F32", "not called weight"),
        ("layer.0.dense.weight", (0, 4), "F32", "empty"),
        ("weight", (8, 4), "F32", "neither its name"),
    ],
)
def test_what_is_not_a_layer_says_why(name, shape, dtype, reason):
    role = _roles({name: shape}, dtypes={name: dtype})[name]
    assert role.kind is Kind.OTHER
    assert reason in role.reason
