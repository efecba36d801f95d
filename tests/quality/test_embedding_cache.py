"""Kept embeddings: made once, the same afterwards, and never those of something else."""

from __future__ import annotations

import json

import numpy as np
import pytest
from small_encoders import encoder_config, encoder_tensors
from small_models import write_safetensors
from small_recoveries import write_encoder

from spbench.formats.checkpoint import Checkpoint
from spbench.quality.embedding import Embedding
from spbench.quality.embedding_cache import EmbeddingCache
from spbench.texts import Tokens


@pytest.fixture
def checkpoint(tmp_path, monkeypatch):
    """A model, with a cache of its own."""
    pytest.importorskip("tokenizers", reason="a whole folder has a tokenizer")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return Checkpoint.open(write_encoder(tmp_path / "model"))


def _tokens(*texts):
    return Tokens([np.array(text) for text in texts])


def test_an_embedding_is_made_once(checkpoint):
    made = Embedding(np.ones((2, 4), "f4"), [np.full((3, 4), 2, "f4"), np.full((1, 4), 5, "f4")])
    asked = []

    def make():
        asked.append(True)
        return made

    for _ in range(2):
        found = EmbeddingCache.of(checkpoint).get(_tokens([1, 2, 3], [4]), 2, make)
        np.testing.assert_array_equal(found.sentences, made.sentences)
        for ours, theirs in zip(found.states, made.states, strict=True):
            np.testing.assert_array_equal(ours, theirs)
    assert len(asked) == 1
    for tokens, states in ((_tokens([1, 2], [3, 4]), 2), (_tokens([1, 2, 3], [4]), 1)):
        EmbeddingCache.of(checkpoint).get(tokens, states, make)
    assert len(asked) == 3
    weights = checkpoint.folder / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    EmbeddingCache.of(checkpoint).get(_tokens([1, 2, 3], [4]), 2, make)
    assert len(asked) == 4


def test_without_states_and_where_nothing_can_be_written(checkpoint, monkeypatch, tmp_path):
    made = Embedding(np.ones((1, 4), "f4"), [])
    for _ in range(2):
        assert EmbeddingCache.of(checkpoint).get(_tokens([1]), 0, lambda: made).states == []
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert EmbeddingCache.of(checkpoint).get(_tokens([1]), 0, lambda: made) is made


def test_masks_in_a_file_of_their_own_belong_to_the_model(tmp_path, monkeypatch):
    """As torch.nn.utils.prune leaves them: the weights as they were, and a mask."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    tensors = encoder_tensors("bert")
    name = "encoder.layer.0.attention.self.query.weight"
    weight = tensors.pop(name)
    files = {"a.safetensors": {**tensors, f"{name}_orig": weight}}
    files["b.safetensors"] = {f"{name}_mask": np.ones_like(weight)}
    places = {tensor: file for file, held in files.items() for tensor in held}
    for file, held in files.items():
        write_safetensors(tmp_path / file, held)
    (tmp_path / "config.json").write_text(json.dumps(encoder_config("bert")))
    index = json.dumps({"weight_map": places})
    (tmp_path / "model.safetensors.index.json").write_text(index)

    before = EmbeddingCache.of(Checkpoint.open(tmp_path))
    write_safetensors(tmp_path / "b.safetensors", {f"{name}_mask": np.zeros_like(weight)})
    assert EmbeddingCache.of(Checkpoint.open(tmp_path)) != before
