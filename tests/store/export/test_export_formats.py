"""Each format: against golden files, and by the rules of the tools that read it."""

from __future__ import annotations

import csv
import io
import json
import statistics
from pathlib import Path

import pytest
from exported_run import exported_run
from synthetic_runs import absent, row, write_run

from spbench.errors import InputError, RunError
from spbench.store.export.benchmark_name import benchmark_names
from spbench.store.export.export import FORMATS, export_run
from spbench.store.run_folder import RunFolder
from spbench.store.schema import Row, Status

GOLDEN = Path(__file__).parent / "golden"
FIELDS = [field.alias or name for name, field in Row.model_fields.items()]


@pytest.fixture
def run(tmp_path):
    return exported_run(tmp_path / "run")


@pytest.mark.parametrize("format_", ["markdown", "google-benchmark", "pyperf"])
def test_as_committed(run, format_):
    assert export_run(run, format_).decode() == (GOLDEN / f"export.{format_}").read_text()


def test_csv_gives_back_every_field(run):
    lines = list(csv.DictReader(io.StringIO(export_run(run, "csv").decode())))
    assert list(lines[0]) == FIELDS
    for line, kept in zip(lines, RunFolder.open(run).latest(), strict=True):
        for key, value in kept.to_dict().items():
            text = line[key]
            if isinstance(value, list | dict):
                assert json.loads(text) == value
            elif isinstance(value, int | float):
                assert type(value)(text) == value
            else:
                assert text == (value or "")


def test_parquet_gives_back_every_field(run, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    export_run(run, "parquet", tmp_path / "rows.parquet")
    read = parquet.read_table(tmp_path / "rows.parquet").to_pylist()
    for line, kept in zip(read, RunFolder.open(run).latest(), strict=True):
        assert list(line) == FIELDS
        expected = kept.to_dict()
        assert line.pop("protocol") == json.dumps(expected.pop("protocol"))
        assert line == {key: expected[key] for key in line}


def test_parquet_types_do_not_depend_on_the_values(run, tmp_path):
    """A run without a single time has the same columns: files can be read together."""
    parquet = pytest.importorskip("pyarrow.parquet")
    bare = write_run(tmp_path / "bare", [absent("numpy", Status.FAILED, "crashed")])
    schemas = []
    for number, path in enumerate((run, bare)):
        export_run(path, "parquet", tmp_path / f"{number}.parquet")
        schemas.append(parquet.read_schema(tmp_path / f"{number}.parquet"))
    assert schemas[0].equals(schemas[1])
    assert str(schemas[0].field("samples_ns").type).startswith("list<")
    assert str(schemas[0].field("weight_bytes").type) == "int64"


def test_markdown_has_one_line_a_row_whatever_the_reason(tmp_path):
    reason = "first | line\nsecond"
    run = write_run(tmp_path / "run", [absent("numpy", Status.FAILED, reason)])
    head, rule, line = export_run(run, "markdown").decode().splitlines()
    unescaped = line.replace("\\|", "")
    assert head.count("|") == rule.count("|") == unescaped.count("|")
    assert "first \\| line second" in line


def test_markdown_names_the_machines_of_a_fleet(tmp_path):
    rows = [row("spbench", host=host) for host in ("f00d@genoa-1", "f00d@milan-1")]
    head, _, first, second = (
        export_run(write_run(tmp_path / "run", rows), "markdown").decode().splitlines()
    )
    assert head.split("|")[1].strip() == "machine"
    assert "f00d@genoa-1" in first and "f00d@milan-1" in second


def test_google_benchmark_has_its_schema(run):
    document = json.loads(export_run(run, "google-benchmark"))
    assert document["context"]["json_schema_version"] == 1
    assert document["context"]["caches"][1] == {
        "type": "Unified",
        "level": 2,
        "size": 1048576,
        "num_sharing": 0,
    }
    first = [each for each in document["benchmarks"] if each["family_index"] == 0]
    rounds = [each for each in first if each["run_type"] == "iteration"]
    assert [each["repetition_index"] for each in rounds] == [0, 1, 2]
    assert {each["iterations"] for each in rounds} == {12}
    assert {each["cpu_time"] for each in rounds} == {10_100.0}
    samples = [each["real_time"] for each in rounds]
    assert samples == RunFolder.open(run).latest()[0].samples_ns
    aggregates = {each["aggregate_name"]: each for each in first if each not in rounds}
    assert aggregates["median"]["real_time"] == statistics.median(samples)
    assert aggregates["stddev"]["real_time"] == statistics.stdev(samples)
    assert aggregates["cv"]["aggregate_unit"] == "percentage"
    assert aggregates["mean"]["name"] == f"{aggregates['mean']['run_name']}_mean"
    assert all(each["time_unit"] == "ns" for each in document["benchmarks"])
    assert document["context"]["rows_left_out"] == "1 unsupported"
    assert len({each["run_name"] for each in document["benchmarks"]}) == 3


def test_google_benchmark_of_a_machine_that_tells_nothing(tmp_path):
    run = write_run(tmp_path / "run", [row("spbench", 10.0)], {"caches": {"l2_bytes": "unknown"}})
    context = json.loads(export_run(run, "google-benchmark"))["context"]
    assert context["caches"] == [] and "num_cpus" not in context


def test_pyperf_is_in_seconds_with_unique_names(run):
    suite = json.loads(export_run(run, "pyperf"))
    assert (suite["version"], suite["metadata"]["unit"]) == ("1.0", "second")
    assert suite["metadata"]["spbench_left_out"] == "1 unsupported"
    names = [each["metadata"]["name"] for each in suite["benchmarks"]]
    assert len(set(names)) == len(names) == 3  # the row without times cannot stand in a suite
    values = suite["benchmarks"][0]["runs"][0]["values"]
    assert values == [ns / 1e9 for ns in RunFolder.open(run).latest()[0].samples_ns]
    assert suite["benchmarks"][0]["metadata"]["loops"] == 12


def test_pyperf_metadata_is_of_the_kinds_it_takes(tmp_path):
    """pyperf refuses empty texts and line breaks, and anything but numbers and texts."""
    run = write_run(tmp_path / "run", [row("spbench", 10.0, reason="two\nlines")], {})
    suite = json.loads(export_run(run, "pyperf"))
    found = suite["metadata"] | suite["benchmarks"][0]["metadata"]
    assert all(value and isinstance(value, str | int) for value in found.values())
    assert not any("\n" in str(value) for value in found.values())


def test_pyperf_reads_it(run, tmp_path):
    pyperf = pytest.importorskip("pyperf")
    export_run(run, "pyperf", tmp_path / "suite.json")
    suite = pyperf.BenchmarkSuite.load(str(tmp_path / "suite.json"))
    assert [each.median() for each in suite] == [1e-5, 4e-5, 2e-5]


def test_names_are_the_same_in_every_run_and_hold_no_path():
    layer = {"weights": "/home/me/models/minilm:layer.weight"}
    names = benchmark_names([row("spbench"), row("spbench", **layer), row("numpy", threads=2)])
    assert names == [
        "spbench/768x768x128/4x1/0.8/s32/threads:1",
        "spbench/minilm:layer.weight/768x768x128/4x1/0.8/s32/threads:1",
        "numpy/768x768x128/4x1/0.8/f32/threads:2",
    ]


def test_names_tell_machines_and_twins_apart():
    rows = [row(), row(host="beef"), row(case_id="other")]
    names = benchmark_names(rows)
    assert len(set(names)) == 3
    assert "host:beef" in names[1] and "case:other" in names[2]


@pytest.mark.parametrize("format_", FORMATS)
def test_a_file_is_whole_or_as_it_was(run, tmp_path, format_, monkeypatch):
    out = tmp_path / "out"
    out.write_text("before")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    if format_ == "parquet":
        pytest.importorskip("pyarrow")
    with pytest.raises(RunError, match="No space left"):
        export_run(run, format_, out)
    assert out.read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "run"]


@pytest.mark.parametrize("place", ["nowhere/out", "run", "a" * 300])
def test_a_place_that_cannot_be_written(run, tmp_path, place):
    with pytest.raises(InputError, match="cannot write"):
        export_run(run, "csv", tmp_path / place)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_runs_with_nothing_to_export(tmp_path):
    empty = write_run(tmp_path / "empty", [])
    failed = write_run(tmp_path / "failed", [absent("numpy", Status.FAILED, "crashed")])
    with pytest.raises(InputError, match="no rows yet"):
        export_run(empty, "csv")
    for format_ in ("pyperf", "google-benchmark"):
        with pytest.raises(InputError, match="no row with times"):
            export_run(failed, format_)
