"""``spbench export``: stdout or a file, its exit codes, one line for bad input."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys

import pytest
from click.testing import CliRunner
from synthetic_runs import pair, write_run

from spbench.cli import export as export_command
from spbench.cli import main
from spbench.store.export.export import FORMATS


@pytest.fixture
def run(tmp_path):
    return write_run(tmp_path / "run", pair(4.0, 0.01))


def invoke(*arguments):
    return CliRunner().invoke(main, ["export", *map(str, arguments)])


def process(*arguments):
    command = [sys.executable, "-m", "spbench", "export", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, timeout=60, check=False)


def test_the_command_offers_every_format():
    assert tuple(FORMATS) == export_command._FORMATS


def test_stdout_holds_the_data_and_nothing_else(run):
    result = invoke(run, "--format", "csv")
    assert (result.exit_code, result.stderr) == (0, "")
    assert len(list(csv.DictReader(io.StringIO(result.stdout)))) == 2


def test_a_file_is_named_on_stdout(run, tmp_path):
    out = tmp_path / "rows.json"
    result = invoke(run, "--format", "pyperf", "--out", out)
    assert (result.exit_code, result.stdout) == (0, f"{out}\n")
    assert json.loads(out.read_text())["version"] == "1.0"


def test_parquet_wants_a_file(run):
    result = invoke(run, "--format", "parquet")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "Error: parquet is binary: name a file with --out FILE\n"


def test_pyarrow_missing_is_one_line(run, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    result = invoke(run, "--format", "parquet", "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert result.stderr == "Error: Parquet needs pyarrow: pip install 'spbench[parquet]'\n"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["nowhere", "--format", "csv"],
        ["{run}", "--format", "xml"],
        ["{run}"],
        ["{run}", "--format", "csv", "--out", "{run}"],
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(run, arguments):
    result = invoke(*(text.format(run=run) for text in arguments))
    assert (result.exit_code, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) == 1 and result.stderr.startswith("Error: ")


def test_exit_codes_as_a_process(run, tmp_path):
    good = process(run, "--format", "google-benchmark")
    assert (good.returncode, good.stderr) == (0, b"")
    assert json.loads(good.stdout)["context"]["json_schema_version"] == 1
    bad = process(tmp_path / "none", "--format", "csv")
    assert (bad.returncode, bad.stdout) == (2, b"")
    assert bad.stderr.decode() == f"Error: no such run folder: {tmp_path / 'none'}\n"


def test_a_full_disk_is_exit_code_1(run):
    with open("/dev/full", "wb") as full:
        command = [sys.executable, "-m", "spbench", "export", str(run), "--format", "csv"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1
    assert done.stderr == b"Error: output: No space left on device\n"
