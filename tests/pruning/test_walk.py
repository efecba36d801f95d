"""The walk shows every layer what it sees in the model, and what it should answer."""

from __future__ import annotations

import numpy as np
import pytest
from small_encoders import FAMILIES, LAYERS, VOCAB, encoder_config, encoder_tensors

from spbench.formats.checkpoint import Checkpoint
from spbench.formats.encoder import Encoder
from spbench.pruning.calibration import EncoderWalk, Linear, Sample
from spbench.pruning.threads import Threads
from spbench.quantization.float_encoder import FloatEncoder

POINTS = {"query": "input", "out": "context", "up": "middle", "down": "activated"}


def _walk(encoder, sample, visit):
    with Threads(2) as threads:
        EncoderWalk(encoder, sample, threads).run(visit)


@pytest.mark.parametrize("family", FAMILIES)
def test_inputs_and_answers_of_the_dense_model(make_model, family):
    encoder = Encoder.of(
        Checkpoint.open(make_model(encoder_tensors(family), encoder_config(family)))
    )
    generator = np.random.default_rng(0)
    sample = Sample([generator.integers(2, VOCAB, n) for n in (500, 30, 500, 200, 1)])
    seen = {}

    def observe(point, layer, values):
        seen.setdefault((point, layer), []).append(values)

    model = FloatEncoder(encoder)
    for ids in sample.ids:
        model.forward(ids, observe)
    visited = []

    def visit(number, stage, moments):
        first = next(iter(stage))
        found = moments([*stage])
        x = np.concatenate(seen[POINTS[first], number]).astype("f8")
        np.testing.assert_allclose(found.mean, x.mean(axis=0), atol=1e-5)
        np.testing.assert_allclose(found.covariance, np.cov(x.T, bias=True), atol=1e-4)
        for part, layer in stage.items():
            visited.append((number, part))
            assert found.error(part, layer.weight, layer.bias) == pytest.approx(0, abs=1e-5)
            assert found.error(part, 0 * layer.weight, found.answers[part].mean) == pytest.approx(1)
        return {}

    _walk(encoder, sample, visit)
    parts = ["query", "key", "value", "out", "up", "down"]
    assert visited == [(number, part) for number in range(LAYERS) for part in parts]


def test_layers_see_what_those_before_them_became_and_are_asked_to_mend_it(make_model):
    encoder = Encoder.of(Checkpoint.open(make_model(encoder_tensors(), encoder_config())))
    sample = Sample([np.random.default_rng(0).integers(2, VOCAB, 100)])
    means, errors = {}, {}

    def visit(number, stage, moments):
        found = moments([*stage])
        for part, layer in stage.items():
            means[number, part] = found.mean
            errors[number, part] = found.error(part, layer.weight, layer.bias)
        if "out" in stage and number == 0:
            return {"out": Linear(0 * stage["out"].weight, stage["out"].bias)}
        return {}

    _walk(encoder, sample, visit)
    assert errors[0, "out"] == pytest.approx(0, abs=1e-6)
    assert errors[0, "up"] > 0.01
    # Its own weights no longer answer what is wanted, for the stream has lost what "out" added.
    assert errors[0, "down"] > 0.01
