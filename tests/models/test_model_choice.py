"""What MODEL means, and which sparsities of it are measured."""

from pathlib import Path

import pytest
from small_encoders import encoder_config, encoder_tensors
from tiny_models import tiny_yaml

from spbench.errors import InputError
from spbench.formats.checkpoint import Checkpoint
from spbench.models.model_choice import UNPRUNED, ModelChoice, Pruned, linear_sparsity
from spbench.pruning.prune import prune
from spbench.pruning.recipes import Recipe


@pytest.fixture
def folder(make_model):
    return make_model(encoder_tensors(), encoder_config(), name="encoder")


def test_a_yaml_file_is_a_model_with_random_weights(tmp_path):
    model = ModelChoice.find(tiny_yaml(tmp_path))
    assert (model.name, model.config.hidden_size, model.encoder.longest) == ("tiny", 32, 40)
    assert model.variants([], []) == [UNPRUNED]


def test_the_name_of_a_yaml_file_alone_is_answered_with_the_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = Path(tiny_yaml(tmp_path))
    with pytest.raises(InputError, match=f"did you mean {file.name}"):
        ModelChoice.find(file.stem)
    with pytest.raises(InputError) as told:
        ModelChoice.find("other")
    assert "did you mean" not in str(told.value)


def test_a_folder_is_measured_as_it_is_unless_told(folder):
    model = ModelChoice.find(str(folder))
    assert (model.name, model.config) == ("encoder", None)
    assert model.variants([], []) == [UNPRUNED]
    assert model.variants([], [0, 0.8]) == [UNPRUNED, Pruned("4x1", 0.8)]
    assert model.variants(["4x1", "1x4"], [0.5]) == [Pruned("4x1", 0.5), Pruned("1x4", 0.5)]


def test_a_pruned_folder_keeps_its_models_name_and_its_blocks(folder, tmp_path):
    pruned = prune(Checkpoint.open(folder), Recipe(pattern="8x1", sparsity=0.75))
    pruned.save(tmp_path / "pruned")
    model = ModelChoice.find(str(tmp_path / "pruned"))
    assert model.name == "encoder"
    assert model.variants([], []) == [Pruned("8x1", 0.75)]
    found = linear_sparsity(Checkpoint.open(tmp_path / "pruned"))
    assert found == pytest.approx(0.75, abs=0.01)


def test_blocks_without_sparsity_mean_nothing(folder):
    with pytest.raises(InputError, match="give --sparsity"):
        ModelChoice.find(str(folder)).variants(["4x1"], [])


def test_what_is_no_encoder_is_refused(make_model):
    with pytest.raises(InputError, match="no engine for the architecture 'gpt2'; known are bert"):
        ModelChoice.find(str(make_model(config={"model_type": "gpt2"})))
