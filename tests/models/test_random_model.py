"""Folders with random weights are real checkpoints, the same ones each time."""

import pytest
from tiny_models import tiny_yaml

from spbench.formats.checkpoint import Checkpoint
from spbench.formats.encoder import Encoder
from spbench.models.model_config import ModelConfig
from spbench.models.random_model import write_random_model


@pytest.mark.parametrize("family", ["bert", "roberta", "distilbert"])
def test_a_folder_is_an_encoder_with_its_linear_layers(tmp_path, family):
    config = ModelConfig.read(tiny_yaml(tmp_path, family))
    write_random_model(config, tmp_path / "model", seed=0)
    checkpoint = Checkpoint.open(tmp_path / "model")
    encoder = Encoder.of(checkpoint)
    assert (encoder.config.family, encoder.config.layers) == (family, 2)
    assert len(checkpoint.linear_layers) == 2 * 6
    assert encoder.weight("up", 1).std() == pytest.approx(2 / 32**0.5, rel=0.1)
    assert encoder.weight("norm", 1).mean() == pytest.approx(1, abs=0.1)


def test_the_seed_decides_the_weights(tmp_path):
    config = ModelConfig.read(tiny_yaml(tmp_path))
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_random_model(config, tmp_path / name, seed)
    a, b, c = ((tmp_path / name / "model.safetensors").read_bytes() for name in "abc")
    assert a == b != c
