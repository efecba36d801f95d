"""A run knows its model again, wherever it is resumed, and no other."""

import numpy as np
import pytest
from small_models import BERT_LAYERS, bert_tensors

from spbench.errors import InputError
from spbench.formats import BlockShape, GemmProblem
from spbench.quantization import model_weight
from spbench.sweeps.model_source import ModelSource


def test_found_again_from_another_folder(make_model, tmp_path, monkeypatch):
    make_model()
    monkeypatch.chdir(tmp_path)
    source = ModelSource.find("model")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    again = ModelSource.find_again(source.to_dict())
    assert again == source and again.name == "model"
    problem = GemmProblem(12, 12, 1, BlockShape(4, 1), 0.0, f"model:{BERT_LAYERS[0]}")
    here = model_weight(f"{tmp_path}/model:{BERT_LAYERS[0]}", BlockShape(4, 1))
    assert np.array_equal(again.weight(problem).to_dense(), here.to_dense())
    assert again.weight(GemmProblem(12, 12, 1, BlockShape(4, 1), 0.0)) is None


@pytest.mark.parametrize("sharded", [False, True])
def test_other_weights_are_another_model(make_model, sharded):
    old = ModelSource.find(str(make_model(name="old", sharded=sharded)))
    same = make_model(name="same", sharded=sharded)
    assert ModelSource.find_again(old.to_dict(), str(same)).name == old.name
    other = make_model(bert_tensors(seed=1), name="other", sharded=sharded)
    with pytest.raises(InputError, match="the model has changed since"):
        ModelSource.find_again(old.to_dict(), str(other))


def test_pruned_otherwise_is_another_model(make_model):
    folder = make_model()
    source = ModelSource.find(str(folder))
    (folder / "spbench.json").write_text("{}")
    with pytest.raises(InputError, match="the model has changed since"):
        ModelSource.find_again(source.to_dict())
    (folder / "spbench.json").unlink()
    (folder / "README.md").write_text("not a weight")
    assert ModelSource.find_again(source.to_dict()) == source


def test_a_model_that_is_gone(make_model):
    source = ModelSource.find(str(make_model()))
    moved = make_model(name="moved")
    stored = source.to_dict() | {"folder": "/nowhere/model", "name": "/nowhere/model"}
    with pytest.raises(InputError, match="/nowhere/model: no such folder"):
        ModelSource.find_again(stored)
    assert ModelSource.find_again(stored, str(moved)).folder == str(moved)
