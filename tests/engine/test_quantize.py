"""Scales that the engine has proved; those that ruin a model are refused."""

from __future__ import annotations

import numpy as np
import pytest
from small_encoders import LAYERS, encoder_config, encoder_tensors, sentences

from spbench.engine import Engine
from spbench.engine.quantize import Quantizer, quantize
from spbench.errors import InputError
from spbench.formats.checkpoint import Checkpoint
from spbench.quantization.record import read_record
from spbench.quantization.scales_file import read_scales
from spbench.quantization.settings import QuantizationSettings

TEXTS = [sentences(length, seed=length)[0][0] for length in (30, 7, 61, 100, 12)]


def settings(**given) -> QuantizationSettings:
    return QuantizationSettings.build(**given)


def spiked_tensors() -> dict[str, np.ndarray]:
    """An encoder whose second layer speaks through one channel that is seldom large."""
    tensors = encoder_tensors("bert")
    tensors["encoder.layer.1.intermediate.dense.weight"][:4] *= 12
    tensors["encoder.layer.1.output.dense.weight"] *= 0.2
    tensors["encoder.layer.1.output.dense.weight"][:, :4] *= 10
    return tensors


@pytest.fixture
def checkpoint(make_model):
    return Checkpoint.open(make_model(encoder_tensors("bert"), encoder_config("bert")))


def test_auto_takes_the_best_of_what_it_tries(checkpoint):
    found = quantize(checkpoint, TEXTS)
    assert [trial.clipping.method for trial in found.trials] == ["min-max", "percentile", "mse"]
    assert found.best.cosine == max(trial.cosine for trial in found.trials) > 0.98
    assert found.best.cosines.shape == (LAYERS, len(TEXTS))


def test_the_cosine_is_that_of_the_engine(checkpoint):
    best = quantize(checkpoint, TEXTS, settings(method="mse")).best
    engine = Engine(checkpoint, best.scales, 1)
    from spbench.formats.encoder import Encoder
    from spbench.quantization.float_encoder import FloatEncoder

    model = FloatEncoder(Encoder.of(checkpoint))
    for i, ids in enumerate(TEXTS):
        a, b = engine(ids[None]).mean[0], model.forward(ids).mean(axis=0)
        cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
        assert best.cosines[-1, i] == pytest.approx(cosine, abs=1e-5)


def test_a_choice_that_ruins_the_model_is_refused_with_its_layer(make_model):
    checkpoint = Checkpoint.open(make_model(spiked_tensors(), encoder_config("bert")))
    quantize(checkpoint, TEXTS, settings(method="min-max"))
    with pytest.raises(InputError, match=r"percentile 90 loses 0\.\d+ .* most in layer 1, ") as no:
        quantize(checkpoint, TEXTS, settings(method="percentile", percentile=90))
    assert "\n" not in str(no.value) and "--method auto" in str(no.value)


def test_a_naive_percentile_ruins_minilm_and_is_caught(minilm):
    checkpoint = Checkpoint.open(minilm)
    generator = np.random.default_rng(0)
    texts = [np.concatenate([[101], generator.integers(1996, 20000, 20), [102]]) for _ in range(12)]
    with pytest.raises(InputError, match=r"percentile 99.9 loses 0\.[1-9]"):
        quantize(checkpoint, texts, settings(method="percentile", percentile=99.9))
    assert quantize(checkpoint, texts, settings(method="mse")).best.cosine > 0.98


def test_a_folder_gets_scales_and_a_record(minilm, tmp_path):
    texts = tmp_path / "texts.txt"
    texts.write_text("The cat sat on the mat.\n\nStock prices fell.\n", encoding="utf-8")
    source = Checkpoint.open(minilm)
    quantizer = Quantizer.read(texts, settings(method="mse"))
    folders = [tmp_path / "once", tmp_path / "twice"]
    source.save(folders[0], (), {}, lambda folder: quantizer.run(source, folder) and None)
    again = Checkpoint.open(folders[0])
    again.save(folders[1], (), {}, lambda folder: quantizer.run(again, folder) and None)
    first, second = map(read_record, folders)
    assert first.done.sample.texts == 2 and first.cosine > 0.98 and first.history == ()
    assert second.history == (first.done,) and second.done.source == str(folders[0])
    assert read_scales(folders[0]) == read_scales(folders[1])
    assert [layer.activation_by for layer in first.layers] == [
        layer.activation_by for layer in read_scales(folders[0])
    ]
    assert Engine.from_pretrained(folders[1]).encode(["A text"]).shape == (1, 384)
