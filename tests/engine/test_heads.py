"""Poolers and classifiers."""

from __future__ import annotations

import numpy as np
import pytest
from small_encoders import FAMILIES, HIDDEN, encoder_config, encoder_tensors, sentences

from spbench.engine import Engine
from spbench.engine.heads import find_classifier, find_pooler
from spbench.errors import InputError
from spbench.formats.checkpoint import Checkpoint
from spbench.formats.encoder import Encoder
from spbench.quantization import calibrate

LABELS = 3
LAYERS = {
    "bert": ("bert.pooler.dense", "classifier"),
    "roberta": ("classifier.dense", "classifier.out_proj"),
    "distilbert": ("pre_classifier", "classifier"),
}


def classifier_tensors(family: str) -> dict[str, np.ndarray]:
    """As transformers names them: the encoder under its family's name, the head beside it."""
    generator = np.random.default_rng(1)
    tensors = encoder_tensors(family, prefix=f"{family}.")
    for name, rows in zip(LAYERS[family], (HIDDEN, LABELS), strict=True):
        tensors[f"{name}.weight"] = generator.normal(size=(rows, HIDDEN)).astype("f4")
        tensors[f"{name}.bias"] = generator.normal(size=rows).astype("f4")
    return tensors


@pytest.mark.parametrize("family", FAMILIES)
def test_logits_follow_the_first_token(make_model, family):
    tensors = classifier_tensors(family)
    checkpoint = Checkpoint.open(make_model(tensors, encoder_config(family)))
    ids, mask = sentences(20, 7)
    output = Engine(checkpoint, calibrate(checkpoint, [ids[:1]]), 1)(ids, mask)
    before, last = LAYERS[family]
    x = output.last_hidden_state[:, 0] @ tensors[f"{before}.weight"].T + tensors[f"{before}.bias"]
    x = np.maximum(x, 0) if family == "distilbert" else np.tanh(x)
    expected = x @ tensors[f"{last}.weight"].T + tensors[f"{last}.bias"]
    assert output.logits.shape == (2, LABELS)
    np.testing.assert_allclose(output.logits, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_without_a_head_there_is_none(make_model, family):
    encoder = Encoder.of(
        Checkpoint.open(make_model(encoder_tensors(family), encoder_config(family)))
    )
    assert find_classifier(encoder) is None
    assert (find_pooler(encoder) is None) == (family != "bert")


def test_a_head_of_another_width_is_refused(make_model):
    tensors = classifier_tensors("distilbert")
    tensors["classifier.weight"] = np.ones((LABELS, HIDDEN + 4), "f4")
    folder = make_model(tensors, encoder_config("distilbert"))
    with pytest.raises(InputError, match=r"classifier is \(3, 28\) .* 24 channels"):
        find_classifier(Encoder.of(Checkpoint.open(folder)))
