"""Methods that look at text, on whole small encoders: what is written, recorded and refused."""

from __future__ import annotations

import json

import numpy as np
import pytest
from small_encoders import VOCAB, encoder_config, encoder_tensors
from small_tokenizer import write_tokenizer

from spbench.errors import InputError
from spbench.formats import BlockShape
from spbench.formats.checkpoint import Checkpoint
from spbench.formats.encoder import Encoder
from spbench.pruning.masks import blocks_to_keep
from spbench.pruning.prune import prune
from spbench.pruning.recipes import Recipe
from spbench.pruning.record import read_record
from spbench.pruning.sparsity import zero_blocks
from spbench.quantization.float_encoder import FloatEncoder

ON_TEXT = ["wanda", "second-order"]


def _prune(source, target, **options):
    threads = options.pop("threads", 2)
    pruning = prune(Checkpoint.open(source), Recipe.build(**options), threads=threads)
    pruning.save(target)
    return Checkpoint.open(target)


def _weights(checkpoint):
    return (checkpoint.folder / "model.safetensors").read_bytes()


def _distance(one, other):
    """Mean squared distance of hidden states on texts that calibration has not seen."""
    generator = np.random.default_rng(99)
    ids = [generator.integers(2, VOCAB, 30) for _ in range(10)]
    models = [FloatEncoder(Encoder.of(checkpoint)) for checkpoint in (one, other)]
    states = [np.concatenate([model.forward(text) for text in ids]) for model in models]
    return float(np.square(states[0] - states[1]).mean())


@pytest.mark.parametrize(("dtype", "sharded"), [("F32", False), ("BF16", True)])
def test_second_order_is_nearer_to_the_dense_model_than_magnitude(
    make_model, texts, tmp_path, dtype, sharded
):
    source = make_model(encoder_tensors(), encoder_config(), dtype=dtype, sharded=sharded)
    write_tokenizer(source)
    dense = Checkpoint.open(source)
    magnitude = _prune(source, tmp_path / "m", sparsity=0.5)
    second = _prune(source, tmp_path / "s", sparsity=0.5, method="second-order", calibration=texts)
    assert _distance(second, dense) < 0.7 * _distance(magnitude, dense)
    assert {entry.dtype for entry in second.tensors.values()} == {dtype}


@pytest.mark.parametrize("method", ON_TEXT)
@pytest.mark.parametrize("scope", ["layer", "global"])
@pytest.mark.parametrize("steps", [1, 3])
def test_counts_are_exact_and_all_else_stays(reader, texts, tmp_path, method, scope, steps):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(f"schedule: {{steps: {steps}, curve: cosine}}\nsample: {{texts: 9}}\n")
    pruned = _prune(
        reader, tmp_path / "out", file=recipe, method=method, calibration=texts, sparsity=0.6,
        scope=scope, skip=["layer.0.*query"],
    )  # fmt: skip
    source, record = Checkpoint.open(reader), read_record(pruned.folder)
    counts = [
        zero_blocks(pruned.weight(pruned.layer(layer.name)), BlockShape(4, 1))
        for layer in record.layers
    ]
    total = sum(count.total for count in counts)
    zeros = sum(count.zeros for count in counts)
    if scope == "global":
        assert total - zeros == blocks_to_keep(total, 0.6)
    assert total - zeros == sum(layer.blocks_kept for layer in record.layers)
    updated = method == "second-order"
    changed = {f"{layer.name}.weight" for layer in record.layers}
    changed |= {f"{layer.name}.bias" for layer in record.layers} if updated else set()
    assert "bert.encoder.layer.0.attention.self.query.weight" not in changed
    for name, entry in source.tensors.items():
        same = (entry.bits() == pruned.tensors[name].bits()).all()
        assert same == (name not in changed), name
    assert {tensor.name for tensor in record.left_alone} == set(source.tensors) - changed
    assert record.sample.texts == 9
    assert all(0 <= layer.loss and layer.updated == updated for layer in record.layers)


def test_the_same_recipe_gives_the_same_bytes_whatever_the_threads(reader, texts, tmp_path):
    given = {"method": "second-order", "calibration": texts, "scope": "global"}
    one = _prune(reader, tmp_path / "one", threads=1, **given)
    four = _prune(reader, tmp_path / "four", threads=4, **given)
    assert _weights(one) == _weights(four)
    records = [json.loads((c.folder / "spbench.json").read_text()) for c in (one, four)]
    assert records[0] == records[1]


def test_other_text_gives_another_digest(reader, texts, tmp_path):
    first = _prune(reader, tmp_path / "a", method="wanda", calibration=texts)
    texts.write_text("w3 w4 w5\n" + texts.read_text())
    second = _prune(reader, tmp_path / "b", method="wanda", calibration=texts)
    digests = {read_record(pruned.folder).sample.digest for pruned in (first, second)}
    assert len(digests) == 2


def test_a_method_that_looks_at_text_wants_some(reader, tmp_path):
    with pytest.raises(InputError, match="method wanda looks at text: give --calibration"):
        _prune(reader, tmp_path / "out", method="wanda")
    empty = tmp_path / "empty.txt"
    empty.write_text("\n\n")
    with pytest.raises(InputError, match="holds no text"):
        _prune(reader, tmp_path / "out", method="wanda", calibration=empty)
    (reader / "tokenizer.json").unlink()
    empty.write_text("w3\n")
    with pytest.raises(InputError, match=r"tokenizer\.json: missing"):
        _prune(reader, tmp_path / "out", method="wanda", calibration=empty)


def test_one_short_text_is_enough_for_a_finite_model(reader, tmp_path):
    text = tmp_path / "one.txt"
    text.write_text("w3\n")
    pruned = _prune(reader, tmp_path / "out", method="second-order", calibration=text)
    pruned.check_finite()


def test_a_model_that_is_no_encoder_is_refused(make_model, texts):
    tensors = {"model.layers.0.self_attn.q_proj.weight": np.ones((8, 8), "f4")}
    folder = make_model(tensors, {"model_type": "llama"}, name="llama")
    with pytest.raises(InputError, match="llama"):
        prune(Checkpoint.open(folder), Recipe.build(method="wanda", calibration=texts))
