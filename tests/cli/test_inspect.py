"""spbench inspect from the outside: columns for each pattern, and a line that explains."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from small_models import BERT_LAYERS, bert_tensors

from spbench.cli import main

COMPRESSED = Path(__file__).parents[1] / "formats" / "compressed"


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


def _blocked(rows: int, cols: int) -> dict:
    """Three quarters of the blocks are zero."""
    tensors = bert_tensors()
    for name in BERT_LAYERS:
        weight = tensors[f"{name}.weight"]
        i, j = np.indices(weight.shape)
        weight[(i // rows + j // cols) % 4 != 0] = 0
    return tensors


@pytest.mark.parametrize("block", ["4x1", "1x4"])
def test_the_blocks_that_fit_are_found(make_model, block):
    done = _inspect(make_model(_blocked(*map(int, block.split("x")))))
    assert done.exit_code == 0, done.output
    assert f"{block} blocks fit: they store " in done.stdout
    assert " of the weights, 0.0 % of the zeros among them" in done.stdout
    assert f"kernels for {block} can skip them" in done.stdout
    rows = json.loads(_inspect(make_model(_blocked(4, 1), name="b"), "--format", "json").stdout)
    assert [row["fits"] for row in rows] == ["4x1"] * 3


def test_what_scattered_zeros_lose_is_said(make_model):
    tensors = bert_tensors()
    for name in BERT_LAYERS:
        weight = tensors[f"{name}.weight"]
        i, j = np.indices(weight.shape)
        weight[(i + j) % 2 == 0] = 0
    done = _inspect(make_model(tensors, name="scattered"))
    assert (
        "the zeros are scattered (at most two of four in a row are not zero): of blocks of several"
        " weights 1x4 lose least, and with them 0.0 % of the work goes away instead of 50.0 %"
    ) in done.stdout
    rows_only = _inspect(make_model(_scattered(), name="rows"))
    assert "1x4 blocks fit" in rows_only.stdout


@pytest.mark.parametrize("name", ["sparse-bitmask", "sparse-int-quantized"])
def test_a_compressed_checkpoint_says_how_it_is_stored(name):
    done = _inspect(COMPRESSED / name)
    assert done.exit_code == 0, done.output
    assert "stored as sparse-bitmask" in done.stdout
    assert "4x1 blocks fit" in done.stdout
