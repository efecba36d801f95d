"""A report of whole models: golden Markdown, any subset of files, what is listed and not drawn."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from synthetic_models import (
    absent_model,
    bench,
    curve,
    limit_rows,
    model_row,
    quality_row,
    write_models,
)
from synthetic_runs import MACHINE, MODEL_LAYERS, pair, row

from spbench.cli import main
from spbench.errors import InputError
from spbench.report.build import build_report
from spbench.store.schema import Status

pytest.importorskip("matplotlib")

GOLDEN = Path(__file__).with_name("golden_models.md")


def layer_products(sparsity: float = 0.9):
    """The layers of bert-base alone, with the dense twin."""
    return [
        row(
            backend, time_ns * m * k, 0.01, m=m, k=k, sparsity=sparsity, weights=f"bert-base:{name}"
        )
        for name, m, k in MODEL_LAYERS
        for backend, time_ns in (("spbench", 0.01), ("spbench-dense", 0.073), ("onednn", 0.07))
    ]


def golden_rows():
    """A small run in which every kind of row occurs."""
    models, qualities = curve(["4x1", "16x1"], (0.8, 0.9))
    models += bench() + limit_rows()
    models += [
        absent_model("deepsparse", Status.UNAVAILABLE, "pip install deepsparse==1.8.0"),
        model_row("torch-bf16", 5.0, status=Status.WRONG, reason="cosine 0.31, below 0.9"),
        model_row("torch-int8-dynamic", 85e6, lost_share=0.3),
    ]
    return models, qualities, layer_products()


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A results folder named ``run`` in the working directory."""
    monkeypatch.chdir(tmp_path)
    return lambda *rows: write_models(Path("run"), *rows)


def test_markdown_is_golden(run):
    """To renew the file after a wanted change: delete it, run this test, read the difference."""
    text = build_report(run(*golden_rows())).markdown.read_text()
    if not GOLDEN.exists():
        GOLDEN.write_text(text)
        pytest.fail(f"{GOLDEN} was missing and is written now; read it, then run again")
    assert text == GOLDEN.read_text()


def test_models_alone_need_no_run_of_products(run):
    folder = run(bench((0.9,)))
    report = build_report(folder)
    assert report.settings == ()
    (line,) = report.verdict
    assert line.startswith("bert-base  1x128 at 90 % (4x1 blocks, 1 thread) 8.40 ms: 7.5")
    assert "faster than onnxruntime-int8" in line
    text = report.markdown.read_text()
    assert "CPU unknown" in text
    assert "## Products" not in text
    assert "model-latency.png" in text


def test_a_machine_without_products_is_named(run):
    folder = run(bench((0.9,)))
    (folder / "machine.json").write_text(json.dumps(MACHINE))
    assert "Example EP-1" in build_report(folder).markdown.read_text()


def test_qualities_alone_say_what_is_missing(run):
    report = build_report(run([], [quality_row("dense"), quality_row()]))
    assert report.verdict == (
        "Blocks     2 models were evaluated, without latencies: bench them with the same --out",
    )
    assert report.figures == ()
    assert "second-order" in report.markdown.read_text()


def test_products_alone_are_as_before(run):
    text = build_report(run([], [], pair(4.0))).markdown.read_text()
    assert "odel" not in text.split("## Machine and method")[1]


def test_what_is_wrong_is_listed_and_warned_of_and_nowhere_else(run):
    rows = [
        *bench((0.9,)),
        model_row("torch-bf16", 123e6, status=Status.WRONG, reason="cosine 0.3"),
    ]
    text = build_report(run(rows)).markdown.read_text()
    assert (
        "**Warning:** 1 result of a whole model is wrong or failed: the first, torch-bf16" in text
    )
    assert "123 [" not in text
    assert "cosine 0.3" in text.split("#### Whole models: what did not run")[1]


def test_nothing_that_counts_is_refused_with_the_reason(run):
    with pytest.raises(InputError, match=r"no result that counts \(1 failed\).*killed"):
        build_report(run([absent_model("spbench", Status.FAILED, "killed")]))


def test_a_row_that_is_torn_is_named(run):
    folder = run(bench((0.9,)))
    with (folder / "model-rows.jsonl").open("a") as file:
        file.write('{"no": "row"}\n')
    with pytest.raises(InputError, match=r"model-rows.jsonl:6: schema None"):
        build_report(folder)


def test_a_baseline_is_a_backend_of_products(run):
    with pytest.raises(InputError, match="it has no products"):
        build_report(run(bench((0.9,))), baseline="onednn")


def test_the_command_prints_the_lines(run):
    folder = run(bench((0.9,)))
    result = CliRunner().invoke(main, ["report", str(folder)])
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[0].startswith("bert-base")
    assert result.stdout.splitlines()[-1] == "run/report.html"
