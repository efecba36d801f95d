"""Opening a model: what is found, what is refused, and in which words."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest
from small_models import BERT_CONFIG, BERT_LAYERS, bert_tensors, write_safetensors

from spbench.errors import InputError
from spbench.formats.checkpoint import Checkpoint


def test_finds_the_linear_layers_of_bert(make_model):
    checkpoint = Checkpoint.open(make_model())
    assert [layer.name for layer in checkpoint.linear_layers] == BERT_LAYERS
    assert checkpoint.linear_layers[1].shape == (18, 12)


@pytest.mark.parametrize("dtype", ["F32", "F64", "F16", "BF16"])
@pytest.mark.parametrize("sharded", [False, True])
def test_reads_values_of_every_dtype(make_model, dtype, sharded):
    checkpoint = Checkpoint.open(make_model(dtype=dtype, sharded=sharded))
    expected = bert_tensors()
    assert set(checkpoint.tensors) == set(expected)
    for layer in checkpoint.linear_layers:
        values = checkpoint.weight(layer)
        assert values.dtype == np.float32
        tolerance = {"F32": 0, "F64": 0, "F16": 2**-11, "BF16": 2**-7}[dtype]
        np.testing.assert_allclose(values, expected[layer.tensor], rtol=tolerance, atol=1e-6)


def test_bf16_is_widened_exactly(make_model):
    tensors = bert_tensors()
    name = "encoder.layer.0.output.dense.weight"
    tensors[name].view("<u4")[:] &= 0xFFFF0000  # what bf16 can hold
    checkpoint = Checkpoint.open(make_model(tensors, dtype="BF16"))
    np.testing.assert_array_equal(checkpoint.weight(checkpoint.layer(name)), tensors[name])


def test_opens_an_installed_package_without_importing_it(make_model, tmp_path, monkeypatch):
    package = tmp_path / "site" / "carries_a_model"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('imported')")
    make_model().rename(package / "weights")
    monkeypatch.syspath_prepend(tmp_path / "site")
    for name in ("carries-a-model", "carries_a_model"):
        assert Checkpoint.open(name).folder == package / "weights"
    assert "carries_a_model" not in sys.modules


def test_a_distribution_may_be_named_unlike_its_package(make_model, tmp_path, monkeypatch):
    site = tmp_path / "site"
    make_model().rename(tmp_path / "kept")
    (site / "inner").mkdir(parents=True)
    (site / "inner" / "__init__.py").touch()
    (tmp_path / "kept").rename(site / "inner" / "model")
    info = site / "outer_name-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: outer-name\nVersion: 1.0\n")
    (info / "RECORD").write_text("inner/__init__.py,,\ninner/model/config.json,,\n")
    monkeypatch.syspath_prepend(site)
    assert Checkpoint.open("outer-name").folder == site / "inner" / "model"


def test_a_package_without_a_model_says_so():
    with pytest.raises(InputError, match="carries no model"):
        Checkpoint.open("click")


def test_the_real_minilm_opens_by_name(minilm):
    checkpoint = Checkpoint.open(minilm)
    assert len(checkpoint.linear_layers) == 36
    assert {layer.shape for layer in checkpoint.linear_layers} == {
        (384, 384),
        (1536, 384),
        (384, 1536),
    }


def _truncate(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-5])


def _only_torch(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def _misfit(name, shape):
    def damage(folder):
        tensors = bert_tensors() | {name: np.ones(shape, "f4")}
        write_safetensors(folder / "model.safetensors", tensors)

    return damage


def _write(name, content):
    return lambda folder: (folder / name).write_bytes(content)


QUERY = "encoder.layer.0.attention.self.query"
DAMAGES = {
    "no config.json": lambda folder: (folder / "config.json").unlink(),
    "config.json: not JSON": _write("config.json", b"{model_type"),
    "config.json: not JSON (": _write("config.json", b"\xff\xfe"),
    "config.json: not a JSON object": _write("config.json", b"[]"),
    "no weights; expected": lambda folder: (folder / "model.safetensors").unlink(),
    "safe_serialization=True": _only_torch,
    "corrupt or truncated": _truncate,
    "corrupt or truncated (header too small": _write("model.safetensors", b""),
    "corrupt or truncated (": _write("model.safetensors", b"<html>not found</html>"),
    "Git LFS pointer": _write("model.safetensors", b"version https://git-lfs.github.com/spec/v1\n"),
    "does not fit its bias [7]": _misfit(f"{QUERY}.bias", (7,)),
    "does not fit vocab_size 30": _misfit("embeddings.word_embeddings.weight", (31, 12)),
    "does not fit hidden size 12": _misfit(f"{QUERY}.weight", (12, 16)),
}


@pytest.mark.parametrize("message", DAMAGES)
def test_damage_is_one_line_that_names_it(make_model, message):
    folder = make_model()
    DAMAGES[message](folder)
    with pytest.raises(InputError) as caught:
        Checkpoint.open(folder)
    assert message in str(caught.value)
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", ["F32", "F16", "BF16"])
def test_a_tensor_that_is_not_finite_is_named(make_model, value, dtype):
    tensors = bert_tensors()
    tensors["embeddings.LayerNorm.bias"][3] = value
    checkpoint = Checkpoint.open(make_model(tensors, dtype=dtype))
    with pytest.raises(InputError, match=r"embeddings\.LayerNorm\.bias holds NaN or Inf"):
        checkpoint.check_finite()


def test_missing_models_say_what_was_looked_for(tmp_path):
    with pytest.raises(InputError, match="no such folder, and no installed package"):
        Checkpoint.open("no-such-model")
    with pytest.raises(InputError, match="not downloaded"):
        Checkpoint.open("some-organisation/some-model")
    file = tmp_path / "model.safetensors"
    file.touch()
    with pytest.raises(InputError, match="a file; give the folder"):
        Checkpoint.open(file)


def test_a_folder_above_the_model_is_answered_with_the_model(make_model):
    folder = make_model()
    with pytest.raises(InputError, match=f"did you mean {folder}"):
        Checkpoint.open(folder.parent)


def _edit_index(folder, edit):
    path = folder / "model.safetensors.index.json"
    index = json.loads(path.read_text())
    edit(index["weight_map"])
    path.write_text(json.dumps(index))


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda places: places.clear(), "no weight_map"),
        (lambda places: places.update(ghost=places[f"{QUERY}.bias"]), "ghost is not in model-"),
        (lambda places: places.update(ghost="absent.safetensors"), "No such file"),
        (lambda places: places.update(ghost="../elsewhere.safetensors"), "not the name of a file"),
    ],
)
def test_an_index_that_lies_is_refused(make_model, edit, message):
    folder = make_model(sharded=True)
    _edit_index(folder, edit)
    with pytest.raises(InputError, match=message):
        Checkpoint.open(folder)


def test_asking_for_a_tensor_that_is_no_layer_says_what_it_is(make_model):
    checkpoint = Checkpoint.open(make_model(config=BERT_CONFIG))
    assert checkpoint.layer(f"{QUERY}.weight") == checkpoint.layer(QUERY)
    with pytest.raises(InputError, match="not a linear layer .head: part of pooler"):
        checkpoint.layer("pooler.dense")
    with pytest.raises(InputError, match="no such tensor"):
        checkpoint.layer("encoder.layer.7.output.dense")
