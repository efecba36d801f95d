"""``spbench compare``: its tables and documents, its exit codes, one line for bad input."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from synthetic_runs import absent
from two_runs import rows, run, written

from spbench.cli import main
from spbench.store.schema import Status

pytest.importorskip("scipy")
GOLDEN = Path(__file__).parent / "golden"


def invoke(*arguments):
    return CliRunner().invoke(main, ["compare", *map(str, arguments)])


def process(*arguments):
    command = [sys.executable, "-m", "spbench", "compare", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def equal(tmp_path):
    return run(tmp_path / "a", 1), run(tmp_path / "b", 2)


@pytest.fixture
def slowed(tmp_path):
    return run(tmp_path / "a", 1), run(tmp_path / "b", 2, factor=lambda *_: 1.10)


@pytest.mark.parametrize("format_", ["table", "markdown"])
def test_what_people_read(tmp_path, format_):
    """The whole of it, as committed: cases, means, the machine, what differs, the count."""
    a = run(tmp_path / "a", 1, cases=9, backends=("spbench", "onednn"))
    b = run(
        tmp_path / "b",
        2,
        cases=10,
        backends=("spbench", "onednn"),
        factor=lambda case, name: 0.7 if (case, name) == (3, "spbench") else 1.0,
        facts={"spbench_version": "0.2.0"},
    )
    result = invoke(a, b, "--format", format_)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (GOLDEN / f"compare.{format_}").read_text()


def test_json_holds_everything(slowed):
    result = invoke(*slowed, "--format", "json", "--fail-on", "3%")
    found = json.loads(result.stdout)
    assert result.exit_code == 3
    assert found["verdicts"] == {"faster": 0, "slower": 30, "undecided": 0}
    assert len(found["changes"]) == 30 and found["adjusted"]
    assert found["means"][0]["ratio"] == pytest.approx(1 / 1.1, rel=0.01)
    assert found["breaches"][0]["what"] == "spbench, geometric mean of 30"
    assert found["machine"][0]["control"] == "loop"
    assert found["a"] == [str(slowed[0])]


def test_json_has_no_infinity(tmp_path):
    runs = [run(tmp_path / str(seed), seed, cases=1) for seed in (1, 2)]
    result = invoke(*runs, "--format", "json")
    change = json.loads(result.stdout, parse_constant=pytest.fail)["changes"][0]
    assert (change["ratio_high"], change["verdict"]) == (None, "undecided")


def test_csv_is_one_line_a_case_and_nothing_else(equal):
    result = invoke(*equal, "--format", "csv")
    lines = list(csv.DictReader(io.StringIO(result.stdout)))
    assert len(lines) == 30
    assert lines[0]["verdict"] == "undecided"
    assert float(lines[0]["ratio_low"]) < float(lines[0]["ratio"]) < float(lines[0]["ratio_high"])
    assert "30 undecided" in result.stderr


def test_backend_restricts(tmp_path):
    how = {"backends": ("spbench", "onednn"), "cases": 9}
    result = invoke(
        run(tmp_path / "a", 1, **how), run(tmp_path / "b", 2, **how), "--backend", "onednn"
    )
    assert "onednn" in result.stdout and "spbench" not in result.stdout


def test_columns_appear_where_they_tell_rows_apart(tmp_path):
    runs = [run(tmp_path / str(seed), seed, threads=2) for seed in (1, 2)]
    assert "threads" not in invoke(*runs).stdout.splitlines()[0]
    for path, seed in zip(runs, (3, 4), strict=True):
        more = run(path.with_name(f"more{seed}"), seed, threads=1)
        with (path / "rows.jsonl").open("a") as rows:
            rows.write((more / "rows.jsonl").read_text())
    assert "threads" in invoke(*runs).stdout.splitlines()[0]


def test_raw_times_are_told_on_stderr_in_every_format(tmp_path):
    runs = [run(tmp_path / str(seed), seed, control=None) for seed in (1, 2)]
    for format_ in ("table", "json", "csv", "markdown"):
        assert "RAW TIMES" in invoke(*runs, "--format", format_).stderr


def test_the_gate_does_not_trip_on_equal_runs(equal):
    result = invoke(*equal, "--fail-on", "5%")
    assert result.exit_code == 0
    (sight,) = result.stderr.splitlines()
    assert sight.startswith("Gate: spbench: the gate trips from +8.0% time on in the mean of 30,")


def test_a_gate_that_can_see_nothing_says_so(tmp_path):
    """Two cases, three times slower: shut, and it says why it is not to be trusted."""
    a = run(tmp_path / "a", 1, cases=2)
    b = run(tmp_path / "b", 2, cases=2, factor=lambda *_: 3.0)
    result = invoke(a, b, "--fail-on", "5%")
    assert result.exit_code == 0
    assert "Gate: spbench: NO slowdown can trip the gate" in result.stderr
    assert "from 2 cases (measure more of them, or repeats" in result.stderr
    assert result.stdout.count("[not known]") >= 3
    assert max(map(len, result.stdout.splitlines())) < 200


@pytest.mark.parametrize("status", [Status.WRONG, Status.FAILED])
def test_the_gate_trips_on_a_result_that_is_lost(tmp_path, status):
    a = run(tmp_path / "a", 1, backends=("spbench", "onednn"))
    made = [
        each
        if each.backend == "onednn"
        else absent("spbench", status, "3 of 9 numbers differ", m=each.m)
        for each in rows(2, backends=("spbench", "onednn"))
    ]
    b = written(tmp_path / "b", made)
    result = invoke(a, b, "--fail-on", "5%")
    assert result.exit_code == 3
    assert "Gate: A has a result, B has none that counts:" in result.stderr
    told = f"  spbench, 16x768x128 80 %: B: {status}: 3 of 9 numbers differ"
    assert told in result.stderr.splitlines()
    assert invoke(a, b).exit_code == 0
    found = json.loads(invoke(a, b, "--fail-on", "5%", "--format", "json").stdout)
    assert len(found["lost"]) == 30 and found["breaches"] == []


def test_the_gate_trips_on_a_backend_that_is_gone_altogether(tmp_path):
    how = {"backends": ("spbench", "onednn"), "cases": 9}
    a = run(tmp_path / "a", 1, **how)
    b = run(tmp_path / "b", 2, **how | {"backends": ("onednn",)})
    for format_ in ("table", "json", "csv"):
        result = invoke(a, b, "--backend", "spbench", "--fail-on", "5%", "--format", format_)
        assert result.exit_code == 3
        assert "  spbench, 16x768x128 80 %: only in A" in result.stderr.splitlines()
    assert invoke(a, b, "--backend", "spbench").exit_code == 2  # nothing to compare


def test_the_indifference_zone_can_be_set(slowed):
    assert "30 slower" in invoke(*slowed).stdout
    result = invoke(*slowed, "--indifference", "15%")
    assert "30 undecided" in result.stdout and "30  0.9" in result.stdout
    assert json.loads(invoke(*slowed, "--indifference", "15%", "--format", "json").stdout)[
        "indifference"
    ] == pytest.approx(0.15)


def test_what_only_b_has_trips_nothing(tmp_path):
    a, b = run(tmp_path / "a", 1, cases=9), run(tmp_path / "b", 2, cases=12)
    assert invoke(a, b, "--fail-on", "5%").exit_code == 0


@pytest.mark.parametrize("text", ["5", "0.05", "five", "-5%", "nan%"])
def test_the_limit_is_written_with_its_sign(equal, text):
    result = invoke(*equal, f"--fail-on={text}")
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1 and "such as 5%" in result.stderr


def test_scipy_missing_is_one_line(equal, monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy", None)
    monkeypatch.setitem(sys.modules, "scipy.special", None)
    result = invoke(*equal)
    assert result.exit_code == 2
    assert result.stderr == "Error: comparing runs needs SciPy: pip install 'spbench[compare]'\n"


def test_exit_code_0_as_a_process(equal):
    done = process(*equal, "--fail-on", "5%")
    assert done.returncode == 0
    assert "30 compared: 0 faster, 0 slower, 30 undecided" in done.stdout


def test_exit_code_2_as_a_process(equal, tmp_path):
    other = run(tmp_path / "other", 3, host="beef")
    for arguments in ((equal[0], tmp_path / "none"), (equal[0], other)):
        done = process(*arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert len(done.stderr.splitlines()) == 1 and done.stderr.startswith("Error: ")


def test_exit_code_3_as_a_process_says_what_is_slower(slowed):
    done = process(*slowed, "--fail-on", "3%")
    assert done.returncode == 3
    sight, first, mean, *_ = done.stderr.splitlines()
    assert sight.startswith("Gate: spbench: the gate trips from +")
    assert first == "Gate: slower than A by more than 3 %, for certain:"
    assert mean.startswith("  spbench, geometric mean of 30: +")
    assert "30 slower" in done.stdout


def test_help_loads_neither_numpy_nor_scipy():
    script = "import sys, spbench.cli.compare; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
