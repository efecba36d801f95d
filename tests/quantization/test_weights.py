"""Quantised weights: error bounds, symmetry, odd rows, and layers of real files."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from small_models import BERT_LAYERS, bert_tensors

from spbench.errors import InputError
from spbench.formats import BlockShape
from spbench.formats.checkpoint import Checkpoint
from spbench.pruning.prune import prune
from spbench.pruning.recipes import Recipe
from spbench.quantization import model_weight, quantize_weight

SIDES = st.integers(1, 8)
FINITE = st.floats(width=32, allow_nan=False, allow_infinity=False)
WEIGHTS = hnp.arrays(np.float32, st.tuples(SIDES, SIDES), elements=FINITE)


@given(WEIGHTS)
def test_each_weight_is_within_half_a_step(weight):
    quantised, scale = quantize_weight(weight)
    assert quantised.dtype == np.int8
    assert scale.dtype == np.float32
    assert (quantised >= -127).all()
    step = scale[:, None].astype(np.float64)
    # Below 1e-38, f32 itself is too coarse for the scale.
    assert (np.abs(quantised * step - weight) <= 0.5001 * step + 1e-38).all()


@given(WEIGHTS)
def test_it_is_symmetric(weight):
    np.testing.assert_array_equal(quantize_weight(-weight)[0], -quantize_weight(weight)[0])


def test_the_largest_of_a_row_becomes_127_and_a_zero_row_gets_scale_1():
    quantised, scale = quantize_weight(np.array([[-2.0, 1.0], [0, 0]], np.float32))
    np.testing.assert_array_equal(quantised, [[-127, 64], [0, 0]])
    np.testing.assert_array_equal(scale, np.array([2 / 127, 1], np.float32))


@pytest.mark.parametrize("weight", [np.ones(3), np.array([[np.nan]]), np.array([[np.inf]])])
def test_what_is_no_finite_matrix_is_refused(weight):
    with pytest.raises(ValueError, match="finite matrix"):
        quantize_weight(weight.astype(np.float32))


def test_a_models_layer_stores_the_blocks_that_pruning_left(make_model, tmp_path):
    prune(Checkpoint.open(make_model()), Recipe(sparsity=0.75)).save(tmp_path / "out")
    name = BERT_LAYERS[1]
    for tensor in (name, f"{name}.weight"):
        matrix = model_weight(f"{tmp_path / 'out'}:{tensor}", BlockShape(4, 1))
        assert matrix.shape == (18, 12)
        assert matrix.data.dtype == np.int8
        assert matrix.stored_blocks == 15
    checkpoint = Checkpoint.open(tmp_path / "out")
    dense, _ = quantize_weight(checkpoint.weight(checkpoint.layer(name)))
    np.testing.assert_array_equal(matrix.to_dense(), dense)


def test_a_block_may_vanish_when_its_weights_round_to_zero(make_model):
    tensors = bert_tensors()
    weight = tensors[f"{BERT_LAYERS[0]}.weight"]
    weight[:] = 1e-4
    weight[:, 0] = 1
    folder = make_model(tensors)
    assert model_weight(f"{folder}:{BERT_LAYERS[0]}", BlockShape(4, 1)).stored_blocks == 3


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("{folder}", "write FOLDER:TENSOR"),
        ("{folder}:", "write FOLDER:TENSOR"),
        ("{folder}:absent", "no such tensor"),
        ("{folder}:pooler.dense", "not a linear layer"),
        ("{folder}-absent:pooler.dense", "no such folder"),
    ],
)
def test_wrong_references_are_one_line(make_model, reference, message):
    folder = make_model()
    with pytest.raises(InputError, match=message):
        model_weight(reference.format(folder=folder), BlockShape(4, 1))
