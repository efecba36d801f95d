"""The whole of pruning on small models: what changes, what does not, what is recorded."""

from __future__ import annotations

import numpy as np
import pytest
from small_models import BERT_LAYERS, bert_tensors

from spbench.errors import InputError
from spbench.formats import BlockShape
from spbench.formats.checkpoint import Checkpoint
from spbench.pruning.masks import blocks_to_keep
from spbench.pruning.prune import prune
from spbench.pruning.recipes import Recipe
from spbench.pruning.record import RECORD_NAME, read_record
from spbench.pruning.sparsity import zero_blocks

QUERY, INTERMEDIATE, OUTPUT = BERT_LAYERS


def _prune(source, target, **options):
    pruning = prune(Checkpoint.open(source), Recipe.build(**options))
    pruning.save(target)
    return Checkpoint.open(target)


@pytest.mark.parametrize("dtype", ["F32", "F16", "BF16"])
@pytest.mark.parametrize("sharded", [False, True])
def test_what_stays_keeps_its_bits_and_what_goes_is_zero(make_model, tmp_path, dtype, sharded):
    source = Checkpoint.open(make_model(dtype=dtype, sharded=sharded))
    pruned = _prune(source.folder, tmp_path / "out", sparsity=0.5)
    linear = {layer.tensor for layer in source.linear_layers}
    for name, entry in source.tensors.items():
        before, after = entry.bits(), pruned.tensors[name].bits()
        assert pruned.tensors[name].dtype == dtype
        if name in linear:
            assert ((after == before) | (after == 0)).all()
            assert (after == 0).any()
        else:
            np.testing.assert_array_equal(after, before)


@pytest.mark.parametrize("pattern", ["4x1", "1x1", "5x7", "64x64", "16x1", "2x3"])
@pytest.mark.parametrize("sparsity", [0, 0.3, 0.8, 0.99])
def test_the_count_of_each_layer_is_exact_with_partial_blocks(
    make_model, tmp_path, pattern, sparsity
):
    pruned = _prune(make_model(), tmp_path / "out", pattern=pattern, sparsity=sparsity)
    for layer in pruned.linear_layers:
        count = zero_blocks(pruned.weight(layer), BlockShape.parse(pattern))
        assert count.total - count.zeros == blocks_to_keep(count.total, sparsity)


def test_the_global_count_is_exact_and_follows_the_magnitude(make_model, tmp_path):
    tensors = bert_tensors()
    tensors[f"{QUERY}.weight"] *= 100
    source = make_model(tensors)
    pruned = _prune(source, tmp_path / "out", sparsity=0.5, scope="global")
    counts = {
        layer.name: zero_blocks(pruned.weight(layer), BlockShape(4, 1))
        for layer in pruned.linear_layers
    }
    total = sum(count.total for count in counts.values())
    kept = total - sum(count.zeros for count in counts.values())
    assert kept == blocks_to_keep(total, 0.5)
    assert counts[QUERY].zeros == 0


def test_pruning_again_changes_nothing_but_the_history(make_model, tmp_path):
    once = _prune(make_model(), tmp_path / "once", sparsity=0.7)
    twice = _prune(once.folder, tmp_path / "twice", sparsity=0.7)
    weights = "model.safetensors"
    assert (once.folder / weights).read_bytes() == (twice.folder / weights).read_bytes()
    record = read_record(twice.folder)
    assert [step.source for step in record.history] == [str(tmp_path / "model")]
    assert record.total.energy_kept == 1


def test_an_all_zero_layer_passes(make_model, tmp_path):
    tensors = bert_tensors()
    tensors[f"{OUTPUT}.weight"][:] = 0
    pruned = _prune(make_model(tensors), tmp_path / "out")
    record = read_record(pruned.folder)
    assert record.collapsed == [OUTPUT]
    assert record.layers[2].energy_kept == 1


def test_the_record_holds_what_the_weights_show(make_model, tmp_path):
    source = Checkpoint.open(make_model())
    pruned = _prune(source.folder, tmp_path / "out", sparsity=0.75, norm="l1", skip=["query"])
    record = read_record(pruned.folder)
    assert [layer.name for layer in record.layers] == [INTERMEDIATE, OUTPUT]
    assert record.partial == [INTERMEDIATE]
    for layer in record.layers:
        before, after = (c.weight(c.layer(layer.name)) for c in (source, pruned))
        assert layer.element_sparsity == pytest.approx((after == 0).mean())
        assert layer.energy_kept == pytest.approx((after**2).sum() / (before**2).sum(), rel=1e-5)
        assert layer.blocks_kept == blocks_to_keep(layer.blocks, 0.75)
    names = {tensor.name for tensor in record.left_alone}
    assert names | {f"{layer.name}.weight" for layer in record.layers} == set(source.tensors)
    assert record.left_alone_by_kind()["skipped"] == (1, ["on request"])
    assert record.left_alone_by_kind()["embedding"][0] == 3
    assert record.done.recipe.pattern == BlockShape(4, 1)


def test_l2_keeps_more_energy_than_l1_and_small_blocks_more_than_large(make_model):
    checkpoint = Checkpoint.open(make_model())

    def kept(**options):
        return prune(checkpoint, Recipe.build(**options)).record.total.energy_kept

    assert kept(norm="l2") > kept(norm="l1")
    assert kept(pattern="1x1") > kept(pattern="2x1") > kept(pattern="4x1")


def test_rules_give_layers_budgets_of_their_own(make_model, tmp_path):
    file = tmp_path / "recipe.yaml"
    file.write_text("scope: global\nsparsity: 0.5\noverrides: [{layers: query, sparsity: 0.75}]\n")
    record = prune(Checkpoint.open(make_model()), Recipe.build(file)).record
    query, *others = record.layers
    assert query.blocks_kept == blocks_to_keep(query.blocks, 0.75)
    total = sum(layer.blocks for layer in others)
    assert sum(layer.blocks_kept for layer in others) == blocks_to_keep(total, 0.5)


def test_nothing_to_prune_is_an_error_with_reasons(make_model):
    with pytest.raises(InputError, match="skips all of its linear layers"):
        prune(Checkpoint.open(make_model()), Recipe.build(skip=["."]))
    tensors = {"h.0.mlp.c_fc.weight": np.ones((6, 24), "f4")}
    folder = make_model(tensors, {"model_type": "gpt2"}, name="gpt2")
    with pytest.raises(InputError, match=r"no linear layer to prune \(Conv1D"):
        prune(Checkpoint.open(folder), Recipe())


def test_a_foreign_record_is_refused_by_name(make_model):
    folder = make_model()
    (folder / RECORD_NAME).write_text('{"mine": 1}')
    with pytest.raises(InputError, match=r"spbench\.json: not a record"):
        prune(Checkpoint.open(folder), Recipe())


def test_the_real_minilm_keeps_its_embeddings_and_loses_80_percent(minilm):
    record = prune(Checkpoint.open(minilm), Recipe()).record
    assert len(record.layers) == 36
    assert record.total.block_sparsity == pytest.approx(0.8, abs=1e-4)
    assert record.total.weights == 10_616_832
    kinds = {kind: count for kind, (count, _) in record.left_alone_by_kind().items()}
    assert kinds == {"embedding": 3, "LayerNorm": 26, "bias": 37, "head": 1, "other": 1}
