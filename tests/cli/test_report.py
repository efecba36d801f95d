"""``spbench report``: what it prints, and one line for bad input."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from synthetic_runs import absent, pair, row, write_run

from spbench.cli import main
from spbench.store.schema import Status

pytest.importorskip("matplotlib")


def invoke(*arguments):
    return CliRunner().invoke(main, ["report", *map(str, arguments)])


def test_prints_the_verdict_and_the_page(tmp_path):
    run = write_run(tmp_path / "run", pair(4.0, 0.01))
    result = invoke(run)
    assert result.exit_code == 0, result.output
    *verdict, path = result.stdout.splitlines()
    assert [line.split()[0] for line in verdict] == ["Model", "Shapes", "Libraries"]
    assert Path(path) == run / "report.html"
    assert Path(path).is_file()


def test_out_and_baseline(tmp_path):
    run = write_run(tmp_path / "run", [row("spbench", 100.0), row("numpy", 700.0)])
    result = invoke(run, "--out", tmp_path / "out", "--baseline", "numpy")
    assert result.exit_code == 0, result.output
    assert "7.00x" in result.stdout
    assert (tmp_path / "out" / "report.html").is_file()
    assert not (run / "report.html").exists()


@pytest.mark.parametrize("kind", ["missing", "empty", "no rows", "none ok", "torn", "baseline"])
def test_bad_input_is_one_line_and_exit_code_2(tmp_path, kind):
    run = tmp_path / "run"
    rows = {"none ok": [absent("spbench", Status.FAILED, "crashed")], "no rows": []}
    if kind == "empty":
        run.mkdir()
    elif kind != "missing":
        write_run(run, rows.get(kind, pair(2.0)))
    if kind == "torn":
        (run / "rows.jsonl").write_text('{"no": "row"}\n')
    result = invoke(run, *(["--baseline", "nunpy"] if kind == "baseline" else []))
    assert result.exit_code == 2
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert str(run) in result.stderr
    assert not list(tmp_path.rglob("report.*"))


def test_the_setting_is_named_where_there_are_several(tmp_path):
    rows = pair(4.0) + pair(4.0, n=1) + pair(3.0, threads=2)
    first, *verdict, _ = invoke(write_run(tmp_path / "run", rows)).stdout.splitlines()
    assert first.startswith("Setting    4x1 blocks, 1 thread, hot caches, ")
    assert first.endswith("; 1 more in the report")
    assert len(verdict) == 3


def test_the_indifference_zone_is_that_of_the_sweep_or_given(tmp_path):
    """1.05x is faster at 1 %, and nothing to speak of at 10 %."""
    run = write_run(tmp_path / "run", pair(1.05))
    assert "1 faster" in invoke(run).stdout
    assert "1 undecided" in invoke(run, "--indifference", "10%").stdout
    text = (run / "report.md").read_text()
    assert "lies more than 10 % above 1" in text and "more than 10 % beyond 1" in text
    asked = {"schema": 1, "run_id": "r1", "sweep": {"indifference": 0.1}}
    (run / "sweep.json").write_text(json.dumps(asked))
    assert "1 undecided" in invoke(run).stdout
    assert "1 faster" in invoke(run, "--indifference", "1%").stdout
    assert invoke(run, "--indifference", "0.1").exit_code == 2


@pytest.mark.parametrize("baseline", ["spbench", "scipy-csr"])
def test_what_is_sparse_is_no_dense_baseline(tmp_path, baseline):
    run = write_run(tmp_path / "run", [*pair(2.0), row("scipy-csr")])
    result = invoke(run, "--baseline", baseline)
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert "is no dense backend: it cannot be the baseline" in line


@pytest.mark.parametrize("options", [["--out", "/proc/x"], []])
def test_places_that_cannot_be_used_are_one_line_and_exit_code_2(tmp_path, options):
    run = write_run(tmp_path / "run", pair(2.0)) if options else "a" * 300
    result = invoke(run, *options)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1


def test_as_a_process(tmp_path):
    run = write_run(tmp_path / "run", pair(4.0))
    done = subprocess.run(
        [sys.executable, "-m", "spbench", "report", str(run)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == str(run / "report.html")


def test_help_does_not_load_matplotlib():
    script = "import sys, spbench.cli.report; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
