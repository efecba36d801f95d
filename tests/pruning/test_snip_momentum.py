"""SNIP with momentum: real gradients, blocks that the embedding feels, one more step at a time."""

from __future__ import annotations

import numpy as np
import pytest
from small_encoders import FAMILIES, VOCAB, encoder_config, encoder_tensors
from small_tokenizer import write_tokenizer

from spbench.formats.checkpoint import Checkpoint
from spbench.formats.encoder import Encoder
from spbench.pruning.calibration import Sample
from spbench.pruning.calibration.saliency import SaliencyMeter
from spbench.pruning.prune import prune
from spbench.pruning.recipes import Recipe
from spbench.quantization.float_encoder import FloatEncoder

torch = pytest.importorskip("torch")


def _encoder(make_model, family="bert"):
    return Encoder.of(Checkpoint.open(make_model(encoder_tensors(family), encoder_config(family))))


@pytest.mark.parametrize("family", FAMILIES)
def test_the_model_is_the_encoder(make_model, family):
    from spbench.pruning.calibration.saliency import _Model

    encoder = _encoder(make_model, family)
    ids = np.random.default_rng(0).integers(2, VOCAB, 20)
    mean = FloatEncoder(encoder).forward(ids).mean(axis=0)
    found = _Model(torch, encoder, {}).embedding(torch.as_tensor(ids)).detach().numpy()
    np.testing.assert_allclose(found, mean / np.linalg.norm(mean), atol=1e-5)


def test_saliency_is_the_weight_times_what_the_embedding_moves(make_model):
    encoder = _encoder(make_model)
    ids = np.random.default_rng(0).integers(2, VOCAB, 20)
    name = encoder.tensor_name("up", "weight", 0).removesuffix(".weight")
    found = SaliencyMeter(encoder, Sample([ids]), 1).measure({}, seed=3)[name]
    direction = torch.randn(1, 24, generator=torch.Generator().manual_seed(3)).numpy()[0]
    model = FloatEncoder(encoder)
    weight = model.layers[0]["up"][0]
    i, j = np.unravel_index(np.argmax(found), found.shape)

    def projected(by):
        weight[i, j] += by
        mean = model.forward(ids).mean(axis=0).astype("f8")
        weight[i, j] -= by
        return mean @ direction / np.linalg.norm(mean)

    moved = (projected(1e-2) - projected(-1e-2)) / 2e-2
    assert found[i, j] == pytest.approx(0.1 * abs(weight[i, j] * moved), rel=0.02)


def test_weights_that_are_gone_matter_no_more(make_model):
    encoder = _encoder(make_model)
    name = encoder.tensor_name("query", "weight", 1).removesuffix(".weight")
    zeros = np.random.default_rng(0).random((24, 24)) < 0.5
    sample = Sample([np.arange(2, 30)])
    found = SaliencyMeter(encoder, sample, 1).measure({name: zeros})[name]
    assert not found[zeros].any() and found[~zeros].any()


@pytest.mark.parametrize("scope", ["layer", "global", "sensitivity"])
def test_it_prunes_in_steps_by_every_scope(make_model, texts, tmp_path, scope):
    folder = make_model(encoder_tensors(), encoder_config())
    write_tokenizer(folder)
    file = tmp_path / "recipe.yaml"
    file.write_text("schedule: {steps: 2}\nmethod: snip-momentum\nsparsity: 0.6\n")
    recipe = Recipe.build(file, calibration=texts, scope=scope)
    first, again = (prune(Checkpoint.open(folder), recipe, threads=1) for _ in range(2))
    assert first.record == again.record
    assert first.record.total.block_sparsity == pytest.approx(0.6, abs=0.01)
    assert first.record.sample.texts == 40
