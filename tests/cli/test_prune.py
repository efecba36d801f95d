"""spbench prune from the outside: rows, notes, exit codes, and folders that are whole or absent."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from small_models import BERT_LAYERS, bert_tensors

from spbench.formats.checkpoint import Checkpoint
from spbench.pruning.record import read_record


def _prune(*arguments: object) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "spbench", "prune", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_prints_a_table_and_writes_a_model(make_model, tmp_path):
    done = _prune(make_model(), "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines[2:6]] == [*BERT_LAYERS, "total"]
    assert lines[2].split()[1] == "12x12"
    assert lines[-1] == (
        "left alone: 3 embeddings, 2 LayerNorm tensors, 4 biases, 1 head (part of pooler); "
        "names in spbench.json"
    )
    assert "the block does not divide the shape" in done.stderr
    assert f"wrote {tmp_path / 'out'}" in done.stderr
    assert Checkpoint.open(tmp_path / "out").linear_layers


def test_programs_get_rows_and_nothing_else_on_stdout(make_model, tmp_path):
    model = make_model()
    as_json = _prune(model, "--out", tmp_path / "a", "--format", "json")
    rows = json.loads(as_json.stdout)
    assert [row["layer"] for row in rows] == BERT_LAYERS
    assert all(0.7 < row["block_sparsity"] < 0.9 for row in rows)
    assert "left alone: " in as_json.stderr
    as_csv = _prune(model, "--out", tmp_path / "b", "--format", "csv")
    read = list(csv.DictReader(io.StringIO(as_csv.stdout)))
    assert [float(row["energy_kept"]) for row in read] == [row["energy_kept"] for row in rows]
    as_markdown = _prune(model, "--out", tmp_path / "c", "--format", "markdown")
    assert as_markdown.stdout.startswith("| layer")


def test_options_override_the_recipe_and_are_recorded(make_model, tmp_path):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("pattern: 2x2\nsparsity: 0.25\nskip: [query]\n")
    done = _prune(
        make_model(), "--out", tmp_path / "out", "--recipe", recipe, "--sparsity", 0.5,
        "--scope", "global", "--norm", "l1", "--skip", "nowhere",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "'nowhere' matches no linear layer" in done.stderr
    used = read_record(tmp_path / "out").done.recipe
    assert (str(used.pattern), used.sparsity, used.scope, used.norm) == ("2x2", 0.5, "global", "l1")
    assert used.skip == ("query", "nowhere")


def test_notes_tell_of_lost_layers_and_stale_weights(make_model, tmp_path):
    tensors = bert_tensors()
    tensors[f"{BERT_LAYERS[0]}.weight"] *= 1e-3
    model = make_model(tensors)
    (model / "pytorch_model.bin").touch()
    done = _prune(model, "--out", tmp_path / "out", "--scope", "global")
    assert f"{BERT_LAYERS[0]}: no block is left" in done.stderr
    assert "not copied, for they hold unpruned weights: pytorch_model.bin" in done.stderr


def test_force_replaces_what_prune_wrote(make_model, tmp_path):
    model, out = make_model(), tmp_path / "out"
    assert _prune(model, "--out", out).returncode == 0
    refused = _prune(model, "--out", out, "--sparsity", 0.5)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "--force replaces it" in refused.stderr
    assert read_record(out).done.recipe.sparsity == 0.8
    assert _prune(model, "--out", out, "--sparsity", 0.5, "--force").returncode == 0
    assert read_record(out).done.recipe.sparsity == 0.5


def _no_config(model: Path) -> None:
    (model / "config.json").unlink()


def _truncated(model: Path) -> None:
    weights = model / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])


def _with_nan(model: Path) -> None:
    # The last tensor of the file is the pooler's bias; these are its last four bytes.
    weights = model / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4] + b"\x00\x00\xc0\x7f")


@pytest.mark.parametrize(
    ("damage", "options", "message"),
    [
        (_no_config, [], "no config.json"),
        (_truncated, [], "corrupt or truncated"),
        (_with_nan, [], "pooler.dense.bias holds NaN or Inf"),
        (None, ["--pattern", "0x4"], "block shape 0x4"),
        (None, ["--sparsity", "1.5"], "sparsity 1.5"),
        (None, ["--skip", "["], "not a regular expression"),
        (None, ["--skip", "."], "skips all of its linear layers"),
        (None, ["--recipe", "absent.yaml"], "absent.yaml"),
        (None, ["--resume"], "--resume has no effect without a method that looks at text"),
        (None, ["--time-limit", "5"], "--time-limit has no effect"),
        (None, ["--cost-from", "run"], "--cost-from has no effect without scope sensitivity"),
        (None, ["--out", "/dev/null/out"], "/dev/null/out: cannot be written"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(make_model, tmp_path, damage, options, message):
    model = make_model()
    if damage:
        damage(model)
    done = _prune(model, "--out", tmp_path / "out", *options)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("Error: ")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_an_unknown_key_is_told_with_file_and_line(make_model, tmp_path):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("# Why: a mistake\npattern: 4x1\nsparsty: 0.8\n")
    done = _prune(make_model(), "--out", tmp_path / "out", "--recipe", recipe)
    assert done.returncode == 2
    assert done.stderr.startswith(f"Error: {recipe}:3: unknown key 'sparsty'")


def test_a_missing_model_is_one_line(tmp_path):
    done = _prune(tmp_path / "absent", "--out", tmp_path / "out")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"Error: {tmp_path / 'absent'}: no such folder; models are not downloaded, fetch it first\n"
    )


def test_the_real_minilm_stays_loadable(minilm, tmp_path):
    done = _prune(minilm, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    from tokenizers import Tokenizer

    assert Tokenizer.from_file(str(tmp_path / "out" / "tokenizer.json")).encode("words").ids
    source, pruned = Checkpoint.open(minilm), Checkpoint.open(tmp_path / "out")
    assert pruned.config == source.config
    shapes = {name: (entry.shape, entry.dtype) for name, entry in source.tensors.items()}
    assert {n: (entry.shape, entry.dtype) for n, entry in pruned.tensors.items()} == shapes
    from safetensors import safe_open

    with safe_open(tmp_path / "out" / "model.safetensors", "numpy") as file:
        assert file.metadata() == {"format": "pt"}
