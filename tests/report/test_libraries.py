"""spbench against each library: means, their parts, worst and best case; nothing wrong drawn."""

from __future__ import annotations

import numpy as np
import pytest
from click.testing import CliRunner
from synthetic_runs import MACHINE, absent, pair, realistic, row

pytest.importorskip("matplotlib")

from matplotlib.text import Text

from spbench.cli import main
from spbench.report.case import group_cases
from spbench.report.figures import libraries, style
from spbench.report.library_tables import over_libraries, over_libraries_by_shape
from spbench.report.machine import MachineFacts
from spbench.report.study import studies
from spbench.store.schema import Status

LIMITS = {**MACHINE["limits"], "f32_peak_gflops": 117.25}
FACTS = MachineFacts({**MACHINE, "limits": LIMITS})


def study_of(rows):
    return studies(group_cases(rows))[0]


def table_of(rows, sparse, machine=FACTS):
    """Its rows, as text by header."""
    table = over_libraries(study_of(rows), machine, sparse)
    return [
        dict(zip(table.headers, map(str, each), strict=True)) for each in table.rows
    ], table.note


def case(*, sparse_ns=None, dense_ns=None, **problem):
    """spbench takes 100 ns."""
    found = [row("spbench", 100.0, **problem)]
    found += [row("onemkl-csr", sparse_ns, **problem)] if sparse_ns else []
    return found + ([row("onednn", dense_ns, **problem)] if dense_ns else [])


def test_the_mean_has_its_spread_and_names_its_worst_and_best_case():
    rows = case(sparse_ns=400.0, m=256, n=384) + case(sparse_ns=1600.0)
    (found,), _ = table_of(rows, sparse=True)
    assert found["backend"] == "onemkl-csr [1]"
    assert found["speed-up"] == "8.00 [8.00, 8.00] faster"
    assert float(found["spread"]) == pytest.approx(2.0)
    assert found["worst and best case"] == "4.00 at 256x768x384, 16.00 at 768x768x128"
    assert found["cases"] == "2 faster, 0 slower, 0 undecided"


def test_each_sparsity_and_group_of_tokens_stands_for_itself():
    rows = [
        each
        for n, ratio in ((1, 2), (16, 3), (64, 12), (128, 7), (512, 7))
        for sparsity in (0.7, 0.9)
        for each in case(sparse_ns=ratio * 1000 * (1 - sparsity), n=n, sparsity=sparsity)
    ]
    found, _ = table_of(rows, sparse=True)
    told = [(each["tokens"], each["zeros"], each["speed-up"].split()[0]) for each in found]
    assert told == [
        ("128, 512", "70 %", "21.00"),
        ("128, 512", "90 %", "7.00"),
        ("16, 64", "70 %", "18.00"),
        ("16, 64", "90 %", "6.00"),
        ("1", "70 %", "6.00"),
        ("1", "90 %", "2.00"),
    ]


def test_a_ratio_to_another_type_is_the_types_part_times_the_kernels():
    (found,), note = table_of(case(sparse_ns=1000.0), sparse=True)
    assert (found["type"], found["type x kernel"]) == ("f32", "4.00 x 2.50")
    assert "int8's peak over its own (4.00 for f32)" in note
    slow = MachineFacts({**MACHINE, "limits": {**LIMITS, "f32_peak_gflops": 234.5}})
    (found,), _ = table_of(case(sparse_ns=1000.0), sparse=True, machine=slow)
    assert found["type x kernel"] == "2.00 x 5.00"


@pytest.mark.parametrize(("dtype", "parts"), [("f32", "4.00 x 2.00"), ("bf16", "2.00 x 4.00")])
def test_without_measured_peaks_the_bytes_of_the_types_stand(dtype, parts):
    rows = [row("spbench", 100.0), row("other", 800.0, dtype=dtype)]
    (found,), _ = table_of(rows, sparse=False, machine=MachineFacts({}))
    assert found["type x kernel"] == parts


def test_an_int8_library_has_no_types_part():
    (found,), note = table_of(case(dense_ns=450.0), sparse=False)
    assert (found["type"], found["type x kernel"]) == ("int8", "1.00 x 4.50")
    assert "another type" not in note


def test_libraries_are_told_by_kind_the_nearest_first_and_spbenchs_own_are_none():
    rows = [
        *case(sparse_ns=900.0, dense_ns=400.0),
        row("scipy-csr", 700.0),
        row("numpy", 300.0),
        row("spbench-f32", 400.0, dtype="f32", index_bytes=1000),
    ]
    for sparse, names in ((True, ["scipy-csr", "onemkl-csr"]), (False, ["numpy", "onednn"])):
        found, _ = table_of(rows, sparse)
        assert [each["backend"].split()[0] for each in found] == names


def test_handicaps_are_footnotes():
    rows = case(sparse_ns=900.0)
    rows.append(row("other", 400.0, handicaps="4x1 blocks run as 4x4 (sparsity left: 41%)"))
    _, note = table_of(rows, sparse=True)
    assert "[1] generic path, as the CPU is not made by Intel; f32: 4 times the bytes" in note
    found, note = table_of(rows, sparse=False)
    assert found[0]["backend"] == "other [1]" and "[1] 4x1 blocks run as 4x4" in note


def test_what_is_not_run_as_asked_is_said_under_the_figure():
    """The nearest that a library can do is not what was asked; f32 stands in its name."""
    rows = case(sparse_ns=900.0)
    rows.append(row("other", 400.0, handicaps="4x1 blocks run as 4x4 (sparsity left: 41%)"))
    (figure,) = libraries.draw(study_of(rows), FACTS)
    assert "onemkl-csr: on their generic path" in figure.caption
    assert "other: 4x1 blocks run as 4x4" in figure.caption
    assert "4 times the bytes" not in figure.caption


def test_disturbed_comparisons_enter_no_mean():
    rows = case(sparse_ns=400.0) + case(sparse_ns=9000.0, m=64)
    rows[-1] = rows[-1].model_copy(update={"lost_share": 0.5})
    (found,), _ = table_of(rows, sparse=True)
    assert found["speed-up"].startswith("4.00 [")
    assert found["worst and best case"].endswith("4.00 at 768x768x128")
    assert found["cases"] == "1 faster, 0 slower, 0 undecided, 1 disturbed"


def test_by_shape_for_many_tokens():
    rows = case(sparse_ns=200.0, n=1) + case(sparse_ns=400.0) + case(sparse_ns=900.0, n=512)
    rows += case(sparse_ns=500.0, m=64)
    table = over_libraries_by_shape(study_of(rows), sparse=True)
    assert table.title.endswith("over each sparse library by shape, N=128, 512")
    assert [[str(cell) for cell in each] for each in table.rows] == [
        ["onemkl-csr", "64x768", "5.00 [5.00, 5.00] faster"],
        ["onemkl-csr", "768x768", "6.00 [6.00, 6.00] faster"],
    ]


def test_a_models_layers_are_no_random_shapes():
    study = study_of(case(sparse_ns=400.0, weights="mini:a.weight"))
    assert study.libraries == []
    assert over_libraries(study, FACTS, sparse=True).rows == []
    assert over_libraries_by_shape(study, sparse=True).rows == []
    assert libraries.draw(study, FACTS) == []


@pytest.fixture
def canvas_of(monkeypatch):
    """What the figure of some rows shows, kept instead of saved."""
    kept = []
    monkeypatch.setattr(style, "_saved", lambda canvas: kept.append(canvas) or (b"", b""))

    def draw(rows):
        libraries.draw(study_of(rows), FACTS)
        return kept[-1]

    return draw


def marks_of(axes):
    """Where marks of one point stand: (value, row)."""
    points = [line.get_xydata()[0] for line in axes.lines if line.get_marker() not in ("None", "|")]
    return sorted((round(x, 6), round(y)) for x, y in points)


def test_the_figure_has_sparse_libraries_above_dense_ones(canvas_of):
    (axes,) = canvas_of(case(sparse_ns=900.0, dense_ns=400.0)).axes
    labels = [text.get_text() for text in axes.get_yticklabels()]
    assert labels == ["onemkl-csr (sparse f32)", "onednn (dense int8)"]
    assert marks_of(axes) == [(4.0, 1), (9.0, 0)]
    (stroke,) = [line for line in axes.lines if line.get_marker() == "|"]
    assert stroke.get_xdata() == pytest.approx([2.25])


def test_the_lines_reach_from_the_worst_case_to_the_best(canvas_of):
    (axes,) = canvas_of(case(sparse_ns=400.0, m=64) + case(sparse_ns=1600.0)).axes
    reaches = [line.get_xdata() for line in axes.lines if len(set(line.get_ydata())) == 1]
    assert any(np.allclose(each, [4.0, 16.0]) for each in reaches if len(each) == 2)


@pytest.mark.parametrize("rows", [pair(4.0), realistic([(768, 768)], (16, 128), (0.7, 0.9))])
def test_what_is_wrong_is_never_drawn(canvas_of, rows):
    """Not even with times, which such a row does not have."""
    broken = [
        row("liar", 1.0, status=Status.WRONG, reason="1 number differs", n=each.n, m=each.m)
        for each in rows
    ]
    canvas = canvas_of([*rows, *broken, absent("dead", Status.FAILED, "killed")])
    texts = " ".join(text.get_text() for text in canvas.findobj(Text))
    assert "onednn" in texts and "liar" not in texts and "dead" not in texts
    assert [mark for mark in marks_of(canvas.axes[0]) if mark[0] < 0.5] == []
    for sparse in (True, False):
        found, note = table_of([*rows, *broken], sparse)
        assert "liar" not in str(found) + note


def test_a_library_that_breaks_in_one_case_counts_in_the_others():
    rows = case(sparse_ns=400.0) + case(m=64)
    rows.append(row("onemkl-csr", 1.0, m=64, status=Status.WRONG, reason="17 numbers differ"))
    (found,), _ = table_of(rows, sparse=True)
    assert found["speed-up"].startswith("4.00") and found["cases"].startswith("1 faster")


def test_a_broken_backend_is_measured_found_wrong_and_drawn_nowhere(tmp_path, monkeypatch):
    """From the worker to the figures: one that lies at once, one that lies once it is timed."""
    from spbench.measure import limits

    monkeypatch.setattr(limits, "measure_limits", lambda caches: {})
    fake = "fake_backends:"
    names = ["spbench", *(fake + name for name in ("Exact", "Wrong", "WrongLater"))]
    sweep = ["--shapes", "16x8x4", "--backend", ",".join(names)]
    quick = ["--protocol", "rounds=8,warmup_ms=1,hot_us=0"]
    run = str(tmp_path / "run")
    done = CliRunner().invoke(main, ["run-gemm", "sweep", *sweep, *quick, "--out", run])
    assert done.exit_code == 1 and "2 wrong results" in done.stderr
    done = CliRunner().invoke(main, ["report", run])
    assert done.exit_code == 0, done.output
    pictures = {path.stem: path.read_text() for path in (tmp_path / "run/figures").glob("*.svg")}
    assert "speedup-by-library" in pictures and "throughput" in pictures
    assert f"<!-- {fake}Exact (dense int8) -->" in pictures["speedup-by-library"]
    assert not [name for name, picture in pictures.items() if "Wrong" in picture]
    text = (tmp_path / "run/report.md").read_text()
    listed = text.split("#### What did not run, and why")[1].split("####")[0]
    assert f"| {fake}Wrong " in listed and f"| {fake}WrongLater " in listed
    for part in text.split("#### Speed-up of spbench over each")[1:]:
        assert "Wrong" not in part.split("####")[0]
