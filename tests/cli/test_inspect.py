"""spbench inspect from the outside: columns for each pattern, and a line that explains."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner
from small_models import BERT_LAYERS, bert_tensors

from spbench.cli import main


def _inspect(*arguments: object):
    return CliRunner().invoke(main, ["inspect", *map(str, arguments)])


def _scattered() -> dict:
    """Three of four weights are zero, but no 4x1 block is."""
    tensors = bert_tensors()
    for name in BERT_LAYERS:
        weight = tensors[f"{name}.weight"]
        weight[np.arange(len(weight)) % 4 != 0] = 0
    return tensors


def test_a_dense_model_is_told_to_be_pruned(make_model):
    model = make_model()
    done = _inspect(model)
    assert done.exit_code == 0, done.output
    assert "0.0 % of the weights are zero: nothing to skip" in done.stdout
    assert f"spbench prune {model} --pattern 4x1" in done.stdout


def test_scattered_zeros_are_explained_for_each_pattern(make_model):
    done = _inspect(make_model(_scattered()), "--pattern", "4x1,1x12", "--pattern", "1x1")
    *_, four, row, one = done.stdout.splitlines()
    assert "but only 0.0 % of 4x1 blocks: kernels skip whole blocks" in four
    assert "and" in row
    assert "kernels for 1x12 can skip them, at most 3." in row
    assert "kernels for 1x1 can skip them" in one


def test_programs_get_one_row_a_layer(make_model):
    done = _inspect(make_model(_scattered()), "--pattern", "4x1,1x1", "--format", "json")
    rows = json.loads(done.stdout)
    assert [row["layer"] for row in rows] == BERT_LAYERS
    assert rows[0] == {
        "layer": BERT_LAYERS[0],
        "shape": "12x12",
        "element_sparsity": 0.75,
        "block_sparsity_4x1": 0.0,
        "block_sparsity_1x1": 0.75,
        "index_bytes_4x1": pytest.approx((2 * (3 * 12 + 4) + 8 * 4) / 36),
        "index_bytes_1x1": pytest.approx((2 * (9 * 4 + 4) + 8 * 13) / 36),
    }


def test_the_real_minilm(minilm):
    done = _inspect(minilm, "--format", "markdown")
    assert done.exit_code == 0
    assert done.stdout.count("encoder.layer.") == 36
    assert "nothing to skip" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no-such-model"], "no such folder, and no installed package"),
        (["{model}", "--pattern", "4x"], "block shape '4x'"),
        (["{model}", "--pattern", "4x1,"], "block shape ''"),
    ],
)
def test_bad_input_is_one_line(make_model, arguments, message):
    model = make_model()
    done = _inspect(*(text.format(model=model) for text in arguments))
    assert done.exit_code == 2
    assert done.output.startswith("Error: ")
    assert message in done.output
    assert done.output.count("\n") == 1
