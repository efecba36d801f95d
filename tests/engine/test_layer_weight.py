"""Which form a layer's weight is packed in, and why."""

from __future__ import annotations

import numpy as np
import pytest

from spbench.engine import layer_weight
from spbench.engine.layer_weight import LayerWeight
from spbench.kernels import DenseWeight, PackedWeight


def make_weight(sparsity: float) -> np.ndarray:
    generator = np.random.default_rng(0)
    kept = generator.random((16, 48)) >= sparsity
    return generator.normal(size=(64, 48)).astype("f4") * np.repeat(kept, 4, axis=0)


def test_without_zero_blocks_it_is_dense():
    made = LayerWeight.of(make_weight(0.0))
    assert (made.form, made.reason) == ("dense", "no block is zero")
    assert isinstance(made.packed, DenseWeight)
    assert made.nbytes >= 64 * 48


def test_a_pruned_weight_is_block_sparse():
    made = LayerWeight.of(make_weight(0.9))
    assert (made.form, made.reason) == ("4x1", "clearly sparse")
    assert isinstance(made.packed, PackedWeight)
    assert 0.8 < made.sparsity < 0.95
    assert made.nbytes < 64 * 48 * 0.5


@pytest.mark.parametrize(("ratio", "form"), [(0.5, "4x1"), (0.98, "dense"), (1.3, "dense")])
def test_in_between_the_faster_one_is_taken(monkeypatch, ratio, form):
    monkeypatch.setattr(layer_weight, "_time_ratio", lambda sparse, dense: ratio)
    made = LayerWeight.of(make_weight(0.1))
    assert made.form == form
    assert made.reason == f"measured: sparse takes {ratio:.2f} of dense"


def test_the_measured_ratio_is_one_of_times():
    made = LayerWeight.of(make_weight(0.1))
    assert made.reason.startswith("measured")
