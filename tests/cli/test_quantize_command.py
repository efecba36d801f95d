"""spbench quantize, and as a step of spbench prune."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner
from small_encoders import VOCAB, encoder_config, encoder_tensors

from spbench.cli import main
from spbench.engine import Engine
from spbench.formats.checkpoint import Checkpoint
from spbench.quantization.record import RECORD_NAME
from spbench.quantization.scales_file import FILE_NAME

tokenizers = pytest.importorskip("tokenizers")


@pytest.fixture
def model(make_model):
    """A small encoder that reads words w0 .. w49."""
    folder = make_model(encoder_tensors("bert"), encoder_config("bert"))
    words = tokenizers.models.WordLevel({f"w{i}": i for i in range(VOCAB)}, unk_token="w1")
    tokenizer = tokenizers.Tokenizer(words)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


@pytest.fixture
def texts(tmp_path):
    generator = np.random.default_rng(0)
    lines = [" ".join(f"w{i}" for i in generator.integers(2, VOCAB, n)) for n in (30, 4, 70)]
    path = tmp_path / "texts.txt"
    path.write_text("\n".join(lines) + "\n")
    return path


def run(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_the_result_is_a_whole_folder_that_the_engine_runs(model, texts, tmp_path):
    out = tmp_path / "out"
    result = run("quantize", model, "--calibration", texts, "--out", out, "--method", "mse")
    assert result.exit_code == 0, result.output
    assert "cosine after it" in result.stdout and "total" in result.stdout
    assert "mse: mean cosine to f32 0.99" in result.stderr and "3 texts" in result.stderr
    assert (out / "model.safetensors").read_bytes() == (model / "model.safetensors").read_bytes()
    assert (out / "1_Pooling" / "config.json").is_file()
    assert Engine.from_pretrained(out).encode(["w3 w4"]).shape[0] == 1


def test_rows_for_programs(model, texts, tmp_path):
    result = run(
        "quantize", model, "--calibration", texts, "--out", tmp_path / "o", "--format", "json"
    )
    rows = json.loads(result.stdout)
    assert [row["layer"] for row in rows] == [0, 1]
    assert {row["activation_by"] for row in rows} <= {"table", "polynomial"}
    assert rows[0]["loss"] == pytest.approx(1 - rows[0]["cosine"])
    assert "others: " in result.stderr


def test_a_bad_choice_leaves_nothing_behind(model, texts, tmp_path):
    before = sorted(tmp_path.iterdir())
    result = run(
        "quantize", model, "--calibration", texts, "--out", tmp_path / "o",
        "--method", "percentile", "--percentile", 60,
    )  # fmt: skip
    assert result.exit_code == 2 and "percentile 60 loses" in result.stderr
    assert "in layer" in result.stderr and result.stderr.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (None, (), "texts.txt: cannot be read"),
        (b"\n \n", (), "no text"),
        (b"\xff\xfe", (), "UTF-8"),
        (b"w3", ("--percentile", "40"), "percentile"),
        (b"w3", ("--method", "median"), "median"),
        (b"w3", ("--method", "mse", "--percentile", "99.9"), "mse has none"),
    ],
)
def test_bad_input_is_one_line(model, texts, tmp_path, content, options, message):
    texts.unlink() if content is None else texts.write_bytes(content)
    result = run("quantize", model, "--calibration", texts, "--out", tmp_path / "o", *options)
    assert result.exit_code == 2 and message in result.stderr
    assert not (tmp_path / "o").exists()


def test_a_model_without_tokenizer_says_so(model, texts, tmp_path):
    (model / "tokenizer.json").unlink()
    result = run("quantize", model, "--calibration", texts, "--out", tmp_path / "o")
    assert result.exit_code == 2 and "tokenizer.json: missing" in result.stderr
    assert not (tmp_path / "o").exists()


def test_force_replaces_what_quantize_wrote_and_nothing_else(model, texts, tmp_path):
    out = tmp_path / "out"
    command = ("quantize", model, "--calibration", texts, "--out", out, "--method", "min-max")
    assert run(*command).exit_code == 0
    refused = run(*command)
    assert refused.exit_code == 2 and "--force" in refused.stderr
    assert run(*command, "--force").exit_code == 0
    (out / RECORD_NAME).unlink()
    assert "not written by spbench" in run(*command, "--force").stderr


def test_prune_quantises_the_pruned_model(model, texts, tmp_path):
    out, recipe = tmp_path / "out", tmp_path / "recipe.yaml"
    recipe.write_text(f"sparsity: 0.5\ncalibration: {texts}\nquantization:\n  method: min-max\n")
    result = run("prune", model, "--recipe", recipe, "--out", out)
    assert result.exit_code == 0, result.output
    assert "min-max: mean cosine to f32" in result.stderr
    record = json.loads((out / RECORD_NAME).read_text())
    assert record["done"]["source"] == str(model)
    engine = Engine.from_pretrained(out)
    assert any(row.sparsity > 0.4 for row in engine.plan().rows)
    pruned_again = tmp_path / "again"
    assert run("prune", out, "--sparsity", 0.6, "--out", pruned_again).exit_code == 0
    assert not (pruned_again / FILE_NAME).exists()  # scales of other weights
    assert not (pruned_again / RECORD_NAME).exists()


def test_prune_with_a_bad_choice_writes_nothing(model, texts, tmp_path):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("sparsity: 0.5\nquantization: {method: percentile, percentile: 60}\n")
    result = run(
        "prune", model, "--recipe", recipe, "--calibration", texts, "--out", tmp_path / "o"
    )
    assert result.exit_code == 2 and "percentile 60 loses" in result.stderr
    assert not (tmp_path / "o").exists()


def test_an_unknown_key_of_quantization_is_named(model, tmp_path):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("sparsity: 0.5\nquantization:\n  methods: mse\n")
    result = run("prune", model, "--recipe", recipe, "--out", tmp_path / "o")
    assert result.exit_code == 2 and "recipe.yaml:3: " in result.stderr


def test_a_quantised_folder_is_a_checkpoint_like_any(model, texts, tmp_path):
    assert run("quantize", model, "--calibration", texts, "--out", tmp_path / "q").exit_code == 0
    names = {entry.name for entry in (tmp_path / "q").iterdir()}
    assert {FILE_NAME, RECORD_NAME, "tokenizer.json"} <= names
    assert Checkpoint.open(tmp_path / "q").tensors.keys() == Checkpoint.open(model).tensors.keys()
