"""Zeros by element against zeros by block."""

from __future__ import annotations

import numpy as np
import pytest
from small_models import BERT_LAYERS, bert_tensors

from spbench.formats import BlockShape
from spbench.formats.checkpoint import Checkpoint
from spbench.pruning.inspection import Verdict, inspect_checkpoint

FOUR, ONE = BlockShape(4, 1), BlockShape(1, 1)


def _inspect(make_model, keep):
    """Inspect a model whose layers keep only the weights where ``keep(i, j)`` holds."""
    tensors = bert_tensors()
    for name in BERT_LAYERS:
        weight = tensors[f"{name}.weight"]
        weight[~np.fromfunction(keep, weight.shape)] = 0
    return inspect_checkpoint(Checkpoint.open(make_model(tensors)), [FOUR, ONE])


def test_a_dense_model(make_model):
    inspection = _inspect(make_model, lambda i, j: i >= 0)
    assert inspection.verdict(FOUR) is Verdict.DENSE
    assert inspection.work_bound(FOUR) == 1
    assert inspection.total.weights.total == 12 * 12 + 2 * 18 * 12


def test_scattered_zeros_count_as_elements_only(make_model):
    inspection = _inspect(make_model, lambda i, j: i % 4 == 0)
    assert inspection.total.weights.share > 0.7
    assert inspection.total.blocks[FOUR].zeros == 0
    assert inspection.verdict(FOUR) is Verdict.SCATTERED
    assert inspection.verdict(ONE) is Verdict.BLOCKED


def test_whole_blocks_of_zeros(make_model):
    inspection = _inspect(make_model, lambda i, j: j % 2 == 0)
    assert inspection.verdict(FOUR) is Verdict.BLOCKED
    assert inspection.work_bound(FOUR) == pytest.approx(2)


def test_index_bytes_of_patterns_with_a_kernel(make_model):
    inspection = _inspect(make_model, lambda i, j: j % 2 == 0)
    layer = inspection.layers[0]
    assert layer.index[FOUR].nonzeros == layer.weights.total - layer.weights.zeros
    assert 0.5 < inspection.total.index[FOUR].per_nonzero < inspection.total.index[ONE].per_nonzero
    total = sum(layer.index[FOUR].bytes for layer in inspection.layers)
    assert inspection.total.index[FOUR].bytes == total


def test_a_model_of_zeros_has_a_finite_bound(make_model):
    inspection = _inspect(make_model, lambda i, j: i < 0)
    assert inspection.total.blocks[FOUR].share == 1
    assert inspection.work_bound(FOUR) == inspection.total.blocks[FOUR].total
