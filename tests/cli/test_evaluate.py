"""spbench evaluate and spbench texts from the outside, on texts of letters."""

from __future__ import annotations

import csv
import importlib.util
import io
import json

import numpy as np
import pytest
from click.testing import CliRunner
from small_recoveries import LETTERS, write_encoder

from spbench.cli import main
from spbench.store.quality_row import QUALITY_ROWS, QualityRow
from spbench.store.rows_file import RowsFile
from spbench.texts.text_set import Side, TextSet

pytest.importorskip("sklearn", reason="accuracy needs scikit-learn")
pytest.importorskip("tokenizers", reason="texts need a tokenizer")


def _side(seed: int) -> Side:
    """Texts that hold an "a" if, and only if, they are good."""
    generator = np.random.default_rng(seed)
    labels = tuple(generator.choice(["good", "bad"], 60))
    rest = [" ".join(generator.choice(LETTERS[1:], 3 + i % 5)) for i in range(60)]
    texts = tuple(
        "a a a a a a " * (label == "good") + text for label, text in zip(labels, rest, strict=True)
    )
    return Side(texts, labels, tuple(bytes([seed, i]) for i in range(60)))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A dense and a pruned model, and sets of texts that need no package."""

    def read(name):
        return TextSet(name, "letters", "1", _side(1), _side(2))

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for place in ("quality.evaluation", "texts"):
        monkeypatch.setattr(f"spbench.{place}.read_text_set", read)
    write_encoder(tmp_path / "dense")
    done = _run("prune", tmp_path / "dense", "--sparsity", 0.5, "--out", tmp_path / "pruned")
    assert done.exit_code == 0, done.output
    return tmp_path


def _run(*arguments):
    return CliRunner().invoke(main, [*map(str, arguments)])


def test_without_a_reference_there_are_accuracies(folder):
    done = _run("evaluate", folder / "pruned", "--texts", 50, "--out", folder / "run")
    assert done.exit_code == 0, done.output
    (row,) = RowsFile(folder / "run" / QUALITY_ROWS, QualityRow).read()
    assert (row.runtime, row.dtype, row.pattern, row.method) == (
        "spbench", "int8", "4x1", "magnitude",
    )  # fmt: skip
    assert 0.4 < row.sparsity_real < 0.6
    assert row.fidelity == row.accuracy_loss == {}
    assert row.accuracy["imdb"].value > 0.8
    assert row.accuracy["imdb"].low < row.accuracy["imdb"].value <= row.accuracy["imdb"].high
    assert row.texts == 100
    assert row.data["imdb"]["split"] == "test"
    assert row.data["imdb"]["digest"] != row.data["imdb"]["probe_digest"]


def test_a_model_that_reads_no_text_leaves_nothing(folder):
    (folder / "pruned" / "tokenizer.json").unlink()
    done = _run("evaluate", folder / "dense", folder / "pruned", "--out", folder / "run")
    assert done.exit_code == 2
    assert "tokenizer.json: missing" in done.output
    assert not (folder / "run").exists()


@pytest.mark.parametrize("wanted", ["--reference", "--runtime"])
def test_what_runs_on_torch_says_so_before_anything_is_written(folder, monkeypatch, wanted):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "torch" else find(name)
    )
    value = {"--reference": folder / "dense", "--runtime": "torch"}[wanted]
    done = _run("evaluate", folder / "pruned", wanted, value, "--out", folder / "run")
    assert done.exit_code == 2
    assert "need torch: pip install 'spbench[recovery]'" in done.output
    assert not (folder / "run").exists()


def test_the_dense_model_is_fully_like_itself_and_rows_are_added(folder):
    pytest.importorskip("transformers", reason="the reference runs on torch")
    asked = [
        "evaluate", folder / "dense", folder / "pruned", "--reference", folder / "dense",
        "--runtime", "torch", "--texts", 40, "--task", "imdb", "--out", folder / "run",
    ]  # fmt: skip
    done = _run(*asked, "--format", "csv")
    assert done.exit_code == 0, done.output
    dense, pruned = csv.DictReader(io.StringIO(done.stdout))
    assert float(dense["sentence_cosine"]) == pytest.approx(1, abs=1e-5)
    assert float(dense["imdb_loss"]) == float(dense["imdb_loss_low"]) == 0
    assert float(pruned["sentence_cosine"]) < 0.999
    kept = [*(folder / "cache/spbench/embeddings").iterdir()]
    assert len(kept) == 2  # test and train texts of the reference
    kept[0].write_bytes(b"damaged")
    assert _run(*asked).exit_code == 0
    rows = RowsFile(folder / "run" / QUALITY_ROWS, QualityRow).read()
    assert len(rows) == 4
    assert rows[1].fidelity == rows[3].fidelity
    assert rows[1].command == " ".join(
        map(str, ["spbench", "evaluate", *asked[2:7], *asked[7:9]])
    ) + (" --tokens 128 --task imdb")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--task", "reuters"], "no such task; known: imdb, short-texts"),
        (["--task", "imdb,imdb"], "each once"),
        (["--texts", "3"], "texts"),
        (["--runtime", "tvm"], "Invalid value"),
        (["--reference", "nowhere/at/all"], "no such folder"),
    ],
)
def test_bad_options_are_one_line_and_leave_nothing(folder, options, message):
    done = _run("evaluate", folder / "pruned", "--out", folder / "run", *options)
    assert done.exit_code == 2
    assert message in done.stderr.splitlines()[-1]
    assert not (folder / "run").exists()


def test_a_reference_that_is_no_encoder_is_refused(folder):
    other = write_encoder(folder / "other")
    config = json.loads((other / "config.json").read_text()) | {"model_type": "gpt2"}
    (other / "config.json").write_text(json.dumps(config))
    done = _run("evaluate", folder / "pruned", "--reference", other)
    assert done.exit_code == 2
    assert done.stderr.startswith("Error: ")


def test_texts_of_all_sets_take_turns(folder):
    done = _run("texts", folder / "texts.txt", "--count", 5)
    assert done.exit_code == 0, done.output
    lines = (folder / "texts.txt").read_text().splitlines()
    assert lines == [_side(1).texts[i] for i in (0, 0, 1, 1, 2)]
