"""Checkpoints that others have compressed: read as they wrote them, refused where they are damaged.

The folders in ``compressed/`` were written by compressed-tensors 0.9.4 from the weights of
``small_models.bert_tensors``, see :func:`weights`.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from small_models import BERT_LAYERS, bert_tensors

from spbench.errors import InputError
from spbench.formats.checkpoint import Checkpoint
from spbench.pruning.prune import prune
from spbench.pruning.recipes import Recipe

WRITTEN = Path(__file__).with_name("compressed")
QUERY = BERT_LAYERS[0]


def weights(two_of_four: bool = False) -> dict[str, np.ndarray]:
    """A third of the 4x1 blocks, or two of four weights, of each layer."""
    tensors = bert_tensors()
    for name in BERT_LAYERS:
        weight = tensors[f"{name}.weight"]
        rows, cols = np.indices(weight.shape)
        kept = (rows + cols) % 2 == 0 if two_of_four else (rows // 4 + cols) % 3 == 0
        weight[~kept] = 0
    return tensors


def rounded(weight: np.ndarray, bits: int) -> np.ndarray:
    """On the grid of its rows, as the fixtures were quantised."""
    scale = np.abs(weight).max(axis=1, keepdims=True) / np.float32(2 ** (bits - 1) - 1)
    return np.round(weight / scale) * scale


@pytest.fixture
def copy_of(tmp_path):
    """A copy of a folder, its tensors and its config changed by ``change``."""

    def make(name, change=lambda tensors, config: None):
        folder = shutil.copytree(WRITTEN / name, tmp_path / name)
        tensors = load_file(folder / "model.safetensors")
        config = json.loads((folder / "config.json").read_text())
        change(tensors, config)
        save_file(tensors, folder / "model.safetensors")
        (folder / "config.json").write_text(json.dumps(config))
        return folder

    return make


def written(folder):
    """The numbers of every floating-point tensor."""
    checkpoint = Checkpoint.open(folder)
    return {name: entry.values() for name, entry in checkpoint.tensors.items() if entry.is_float}


@pytest.mark.parametrize(
    ("name", "two_of_four", "bits"),
    [
        ("sparse-bitmask", False, 0),
        ("sparse-24-bitmask", True, 0),
        ("int-quantized", False, 8),
        ("sparse-int-quantized", False, 8),
        ("pack-quantized", False, 4),
    ],
)
def test_what_the_library_wrote_is_read(name, two_of_four, bits):
    found, wanted = written(WRITTEN / name), weights(two_of_four)
    assert found.keys() == wanted.keys()
    for tensor, values in wanted.items():
        layer = tensor.removesuffix(".weight")
        expected = rounded(values, bits) if bits and layer in BERT_LAYERS else values
        np.testing.assert_allclose(found[tensor], expected, rtol=1e-6, err_msg=tensor)
    checkpoint = Checkpoint.open(WRITTEN / name)
    assert [layer.name for layer in checkpoint.linear_layers] == BERT_LAYERS
    assert checkpoint.storage == [name.replace("sparse-int-quantized", "sparse-bitmask")]
    checkpoint.check_finite()


def test_the_older_names_of_parts_are_known(copy_of):
    def rename(tensors, config):
        for name in list(tensors):
            layer, _, part = name.rpartition(".")
            if part in ("compressed", "bitmask", "shape", "row_offsets"):
                tensors[f"{layer}.weight.{part}"] = tensors.pop(name)
        config["compression_config"] = config.pop("quantization_config")

    found = written(copy_of("sparse-bitmask", rename))
    assert found.keys() == weights().keys()
    np.testing.assert_array_equal(found[f"{QUERY}.weight"], weights()[f"{QUERY}.weight"])


def test_parts_may_lie_in_several_shards(copy_of):
    folder = copy_of("sparse-bitmask")
    tensors = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    places = {name: f"{'a' if 'bitmask' in name else 'b'}.safetensors" for name in tensors}
    for shard in ("a.safetensors", "b.safetensors"):
        own = {name: value for name, value in tensors.items() if places[name] == shard}
        save_file(own, folder / shard)
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": places}))
    checkpoint = Checkpoint.open(folder)
    weight = checkpoint.weight(checkpoint.linear_layers[0])
    np.testing.assert_array_equal(weight, weights()[f"{QUERY}.weight"])
    assert checkpoint.stale_files() == []


def test_scales_by_group_and_zero_points(copy_of):
    def regroup(tensors, config):
        weight = tensors[f"{QUERY}.weight"]
        tensors[f"{QUERY}.weight_scale"] = np.arange(1, 25, dtype=np.float32).reshape(12, 2)
        tensors[f"{QUERY}.weight_zero_point"] = np.full((12, 2), 3, np.int8)
        tensors[f"{QUERY}.input_scale"] = np.ones(1, np.float32)
        config["stored"] = weight.tolist()

    folder = copy_of("int-quantized", regroup)
    stored = np.array(json.loads((folder / "config.json").read_text())["stored"])
    scale = np.repeat(np.arange(1, 25).reshape(12, 2), 6, axis=1)
    found = written(folder)
    np.testing.assert_array_equal(found[f"{QUERY}.weight"], (stored - 3) * scale)
    assert f"{QUERY}.input_scale" not in found


def test_masks_beside_weights_are_applied(copy_of):
    def split(tensors, config):
        tensors.clear()
        tensors |= bert_tensors()
        weight = tensors.pop(f"{QUERY}.weight")
        tensors[f"{QUERY}.weight_orig"] = weight
        tensors[f"{QUERY}.weight_mask"] = (weights()[f"{QUERY}.weight"] != 0).astype(np.float32)
        del config["quantization_config"]

    folder = copy_of("int-quantized", split)
    np.testing.assert_array_equal(written(folder)[f"{QUERY}.weight"], weights()[f"{QUERY}.weight"])
    assert Checkpoint.open(folder).storage == ["weights and masks"]


def drop(name):
    return lambda tensors, config: tensors.pop(name)


def put(name, make):
    return lambda tensors, config: tensors.update({name: make(tensors[name])})


@pytest.mark.parametrize(
    ("folder", "change", "message"),
    [
        ("sparse-bitmask", drop(f"{QUERY}.bitmask"), f"{QUERY} has no bitmask"),
        ("sparse-bitmask", drop(f"{QUERY}.shape"), f"{QUERY} has no shape"),
        ("sparse-bitmask", put(f"{QUERY}.shape", np.zeros_like), "is no shape"),
        ("sparse-bitmask", put(f"{QUERY}.compressed", lambda x: x[1:]), "47 weights for 48 bits"),
        ("sparse-bitmask", put(f"{QUERY}.bitmask", lambda x: x[1:]), r"a bitmask \[11, 2\]"),
        ("sparse-int-quantized", drop(f"{QUERY}.weight_scale"), "without a weight_scale"),
        ("int-quantized", put(f"{QUERY}.weight_scale", lambda x: x[:5]), r"scales \[5, 1\]"),
        ("pack-quantized", put(f"{QUERY}.weight_packed", lambda x: x[:, :1]), r"\[12, 1\] words"),
        ("pack-quantized", drop(f"{QUERY}.weight_scale"), "has no weight_scale"),
    ],
)
def test_what_is_damaged_is_named(copy_of, folder, change, message):
    with pytest.raises(InputError, match=message):
        written(copy_of(folder, change))


def test_a_format_that_is_not_read_is_refused_with_those_that_are(copy_of):
    def rename(tensors, config):
        config["quantization_config"]["format"] = "marlin-24"

    with pytest.raises(InputError, match="stored as marlin-24 are not read; .* sparse-bitmask"):
        Checkpoint.open(copy_of("int-quantized", rename))


def test_a_compressed_tensor_is_not_changed_in_its_place():
    checkpoint = Checkpoint.open(WRITTEN / "sparse-bitmask")
    with pytest.raises(InputError, match="stored as sparse-bitmask, which cannot be changed"):
        prune(checkpoint, Recipe())


def test_the_library_itself_agrees(tmp_path):
    compressors = pytest.importorskip("compressed_tensors.compressors")
    bitmask = getattr(compressors, "BitmaskCompressor", None)
    if bitmask is None:
        pytest.skip("this version of compressed-tensors writes no bitmasks; 0.9 does")
    import torch

    generator = np.random.default_rng(5)
    weight = generator.normal(size=(37, 53)) * (generator.random((37, 53)) < 0.2)
    state = {"encoder.dense.weight": torch.from_numpy(weight.astype(np.float32))}
    parts = bitmask().compress(state)
    save_file({name: part.numpy() for name, part in parts.items()}, tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text("{}")
    found = written(tmp_path)["encoder.dense.weight"]
    np.testing.assert_array_equal(found, weight.astype(np.float32))
