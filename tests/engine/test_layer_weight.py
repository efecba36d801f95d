"""Which form a layer's weight is packed in, and why."""

from __future__ import annotations

import numpy as np
import pytest

from spbench.engine import layer_weight
from spbench.engine.layer_weight import LayerWeight
from spbench.engine.timings import Timings
from spbench.kernels import DenseWeight, PackedWeight


def make_weight(sparsity: float) -> np.ndarray:
    generator = np.random.default_rng(0)
    kept = generator.random((16, 48)) >= sparsity
    return generator.normal(size=(64, 48)).astype("f4") * np.repeat(kept, 4, axis=0)


@pytest.fixture
def timings(tmp_path) -> Timings:
    return Timings(tmp_path / "timings.json")


def test_without_zero_blocks_it_is_dense(timings):
    made = LayerWeight.of(make_weight(0.0), timings)
    assert (made.form, made.reason) == ("dense", "no blocks to skip")
    assert isinstance(made.packed, DenseWeight)
    assert made.nbytes >= 64 * 48


def test_a_pruned_weight_is_block_sparse(timings):
    made = LayerWeight.of(make_weight(0.9), timings)
    assert (made.form, made.reason) == ("4x1", "clearly sparse")
    assert isinstance(made.packed, PackedWeight)
    assert 0.8 < made.sparsity < 0.95
    assert made.nbytes < 64 * 48 * 0.5


@pytest.mark.parametrize(("ratio", "form"), [(0.5, "4x1"), (0.98, "dense"), (1.3, "dense")])
def test_in_between_the_faster_one_is_taken(monkeypatch, timings, ratio, form):
    monkeypatch.setattr(
        layer_weight, "_measure", lambda packed: {"dense": 100.0, "4x1": 100.0 * ratio}
    )
    made = LayerWeight.of(make_weight(0.1), timings)
    assert made.form == form
    assert made.reason.startswith(f"measured: {form} takes ")


def test_it_is_measured_once_for_alike_weights(monkeypatch, tmp_path, timings):
    made = LayerWeight.of(make_weight(0.1), timings)
    assert made.reason.startswith("measured")
    timings.save()
    monkeypatch.setattr(layer_weight, "_measure", None)
    again = LayerWeight.of(-make_weight(0.1), Timings(tmp_path / "timings.json"))
    assert (again.form, again.reason) == (made.form, made.reason)
