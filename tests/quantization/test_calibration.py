"""Scales of activations, and the f32 encoder that they are taken from."""

from __future__ import annotations

import math

import numpy as np
import pytest
from small_encoders import FAMILIES, HIDDEN, LAYERS, encoder_config, encoder_tensors, sentences

from spbench.formats.checkpoint import Checkpoint
from spbench.formats.encoder import Encoder
from spbench.quantization import Calibration, calibrate
from spbench.quantization.float_encoder import POINTS, FloatEncoder, gelu, layer_norm


@pytest.fixture
def checkpoint(make_model):
    return Checkpoint.open(make_model(encoder_tensors("bert"), encoder_config("bert")))


def test_gelu_is_that_of_erf():
    x = np.linspace(-8, 8, 401)
    expected = [0.5 * v * (1 + math.erf(v / math.sqrt(2))) for v in x]
    np.testing.assert_allclose(gelu(x), expected, atol=1e-6)
    assert gelu(x.astype(np.float32)).dtype == np.float32


def test_layer_norm_has_mean_0_and_variance_1():
    x = np.random.default_rng(0).normal(5, 3, (4, 100)).astype(np.float32)
    y = layer_norm(x, np.float32(1), np.float32(0), 0.0)
    np.testing.assert_allclose(y.mean(axis=1), 0, atol=1e-6)
    np.testing.assert_allclose(y.var(axis=1), 1, rtol=1e-5)


def test_every_point_of_every_layer_gets_a_scale(checkpoint):
    scales = calibrate(checkpoint, [sentences(20)[0], sentences(7)[0][0]])
    assert len(scales) == LAYERS
    for layer in scales:
        assert set(layer.scales) == set(POINTS)
        assert all(0 <= scale.zero_point <= 255 for scale in layer.scales.values())
        assert {layer[point].zero_point for point in ("query", "key", "value")} == {0}


def test_scales_cover_what_was_seen(checkpoint):
    texts = [sentences(30, seed=seed)[0][0] for seed in range(3)]
    scales = calibrate(checkpoint, texts)
    model = FloatEncoder(Encoder.of(checkpoint))

    def check(point, layer, values):
        if point == "raised":  # of a table: what GELU flattens may saturate
            return
        scale = scales[layer][point]
        low, high = (-127, 127) if point in ("query", "key", "value") else (0, 255)
        stored = np.rint(values / scale.step) + scale.zero_point
        assert low - 1 <= stored.min() and stored.max() <= high + 1

    for ids in texts:
        model.forward(ids, check)


def test_sentences_together_are_sentences_one_by_one(checkpoint):
    texts = [sentences(length, seed=length)[0][0] for length in (1, 13, 30)]
    model = FloatEncoder(Encoder.of(checkpoint))
    *_, together = model.layers_of(texts)
    alone = np.concatenate([model.forward(ids) for ids in texts])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_means_of_every_layer_and_sentence_are_kept(checkpoint):
    texts = [sentences(length, seed=length)[0][0] for length in (700, 400, 5)]  # two batches
    texts = [ids[:500] for ids in texts]
    calibration = Calibration.of(checkpoint, texts)
    assert calibration.means.shape == (LAYERS, 3, HIDDEN)
    model = FloatEncoder(Encoder.of(checkpoint))
    for i, ids in enumerate(texts):
        np.testing.assert_allclose(
            calibration.means[-1, i], model.forward(ids).mean(axis=0), atol=1e-5
        )


def test_no_sentences_are_refused(checkpoint):
    with pytest.raises(ValueError, match="at least one sentence"):
        calibrate(checkpoint, [])


@pytest.mark.parametrize("family", FAMILIES)
def test_the_f32_encoder_is_that_of_transformers(family, tmp_path):
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    torch.manual_seed(0)
    config = transformers.AutoConfig.for_model(**encoder_config(family))
    model = transformers.AutoModel.from_config(config).eval()
    model.save_pretrained(tmp_path / "model")
    ids = sentences(40)[0]
    with torch.no_grad():
        expected = model(input_ids=torch.tensor(ids)).last_hidden_state[0].numpy()
    encoder = Encoder.of(Checkpoint.open(tmp_path / "model"))
    np.testing.assert_allclose(FloatEncoder(encoder).forward(ids[0]), expected, atol=1e-5)
