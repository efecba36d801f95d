"""Encoders by family: sizes, names, and what is refused."""

from __future__ import annotations

import re

import numpy as np
import pytest
from small_encoders import FAMILIES, FFN, HIDDEN, LAYERS, encoder_config, encoder_tensors

from spbench.errors import InputError
from spbench.formats.checkpoint import Checkpoint
from spbench.formats.encoder import Encoder


@pytest.fixture
def encoder_of(make_model):
    def make(tensors, config):
        return Encoder.of(Checkpoint.open(make_model(tensors, config)))

    return make


@pytest.mark.parametrize("family", FAMILIES)
def test_reads_sizes_and_tensors(encoder_of, family):
    tensors = encoder_tensors(family)
    encoder = encoder_of(tensors, encoder_config(family))
    config = encoder.config
    assert (config.layers, config.hidden, config.feed_forward) == (LAYERS, HIDDEN, FFN)
    assert config.longest == (518 if family == "roberta" else 520)
    assert encoder.has("type") == (family != "distilbert")
    assert encoder.has("pooler") == (family == "bert")
    up = (
        "transformer.layer.1.ffn.lin1"
        if family == "distilbert"
        else "encoder.layer.1.intermediate.dense"
    )
    np.testing.assert_array_equal(encoder.weight("up", 1), tensors[f"{up}.weight"])
    np.testing.assert_array_equal(encoder.bias("up", 1), tensors[f"{up}.bias"])


def test_layer_norms_of_converted_models_have_old_names(encoder_of):
    tensors = encoder_tensors("bert", prefix="bert.")
    gamma = tensors["bert.embeddings.LayerNorm.weight"]
    old = {"weight": "gamma", "bias": "beta"}
    renamed = {
        re.sub(r"(?<=LayerNorm\.)(weight|bias)", lambda leaf: old[leaf[0]], name): values
        for name, values in tensors.items()
    }  # fmt: skip
    encoder = encoder_of(renamed, encoder_config("bert"))
    np.testing.assert_array_equal(encoder.weight("embedding_norm"), gamma)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model_type": "gpt2"}, "no engine for the architecture 'gpt2'; known are bert, roberta"),
        ({"model_type": None}, "no engine for the architecture None"),
        ({"hidden_act": "gelu_new"}, "activation 'gelu_new'; known are gelu, relu"),
        ({"position_embedding_type": "relative_key"}, "relative_key positions"),
        ({"num_hidden_layers": None}, "config.json gives no num_hidden_layers"),
        ({"num_hidden_layers": 3}, "no tensor encoder.layer.2.attention.self.query.weight"),
        ({"intermediate_size": 44}, r"weight is \[40, 24\], but config.json says \[44, 24\]"),
        ({"num_attention_heads": 4}, "a multiple of 4 channels"),
        ({"max_position_embeddings": 100}, r"position_embeddings.weight is \[520, 24\]"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_one_line(encoder_of, change, message):
    with pytest.raises(InputError, match=message) as caught:
        encoder_of(encoder_tensors("bert"), encoder_config("bert") | change)
    assert "\n" not in str(caught.value)


def test_nan_is_named(encoder_of):
    tensors = encoder_tensors("bert")
    tensors["encoder.layer.0.output.dense.weight"][3, 3] = np.nan
    encoder = encoder_of(tensors, encoder_config("bert"))
    with pytest.raises(InputError, match=r"output\.dense\.weight holds NaN"):
        encoder.weight("down", 0)
