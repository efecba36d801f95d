"""Sparsity by sensitivity: a layer that the embeddings feel keeps more of its blocks."""

from __future__ import annotations

import pytest
from small_encoders import encoder_config, encoder_tensors
from small_tokenizer import write_tokenizer

from spbench.errors import InputError
from spbench.formats import BlockShape
from spbench.formats.checkpoint import Checkpoint
from spbench.pruning.costs import TimeCosts, TimeCurve
from spbench.pruning.prune import prune
from spbench.pruning.recipes import Recipe

DEAD = "encoder.layer.0.output.dense"


@pytest.fixture
def lopsided(make_model):
    """A model in which one layer hardly adds anything."""
    tensors = encoder_tensors()
    tensors[f"{DEAD}.weight"] *= 1e-3
    folder = make_model(tensors, encoder_config())
    write_tokenizer(folder)
    return Checkpoint.open(folder)


def _record(checkpoint, texts, costs=None, **options):
    recipe = Recipe.build(calibration=texts, scope="sensitivity", **options)
    return prune(checkpoint, recipe, threads=2, costs=costs).record


@pytest.mark.parametrize("method", ["magnitude", "second-order"])
def test_the_mean_is_as_asked_and_the_idle_layer_pays(lopsided, texts, method):
    record = _record(lopsided, texts, method=method, sparsity=0.6)
    shares = {layer.name: 1 - layer.blocks_kept / layer.blocks for layer in record.layers}
    assert record.total.block_sparsity == pytest.approx(0.6, abs=0.01)
    assert shares[DEAD] == pytest.approx(0.95, abs=0.02)
    assert max(shares.values()) - min(shares.values()) > 0.2


def test_bounds_are_kept(lopsided, texts, tmp_path):
    file = tmp_path / "recipe.yaml"
    file.write_text("min_sparsity: 0.4\nmax_sparsity: 0.7\nsparsity: 0.6\n")
    record = _record(lopsided, texts, file=file)
    for layer in record.layers:
        assert 0.38 <= 1 - layer.blocks_kept / layer.blocks <= 0.72


def test_a_speed_up_is_reached_in_measured_times(lopsided, texts):
    shapes = {layer.shape for layer in lopsided.linear_layers}
    curve = TimeCurve((0.5, 0.9), (600.0, 200.0), 800.0)
    costs = TimeCosts("run", {(shape, BlockShape(4, 1)): curve for shape in shapes})
    record = _record(lopsided, texts, costs, method="wanda", speed_up=2.0)
    time = sum(curve.time_ns(1 - layer.blocks_kept / layer.blocks) for layer in record.layers)
    assert 800 * len(record.layers) / time == pytest.approx(2, rel=0.05)


def test_a_speed_up_without_times_is_refused(lopsided, texts):
    with pytest.raises(InputError, match="give --cost-from RUN"):
        _record(lopsided, texts, speed_up=2.0)
    with pytest.raises(InputError, match="scope sensitivity looks at text"):
        prune(lopsided, Recipe.build(scope="sensitivity"))
