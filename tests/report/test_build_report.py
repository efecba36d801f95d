"""The files of a report: golden Markdown, what is listed and not drawn, failures."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from synthetic_runs import MACHINE, absent, pair, realistic, row, write_run

from spbench.errors import InputError, RunError
from spbench.report.build import build_report
from spbench.report.case import group_cases
from spbench.report.exclusion import exclusions
from spbench.report.machine import MachineFacts
from spbench.store.run_folder import RunFolder
from spbench.store.schema import Status

pytest.importorskip("matplotlib")

GOLDEN = Path(__file__).with_name("golden_report.md")


def golden_rows():
    """A small run in which every kind of row occurs."""
    rows = realistic([(256, 256), (768, 768)], (1, 128), (0.7, 0.9), layers=1)
    case = {"m": 64, "k": 64, "n": 16, "sparsity": 0.7}
    return [
        *rows,
        row("spbench", 900.0, 0.02, **case),
        row("onednn", 5.0, status=Status.WRONG, reason="17 of 1024 numbers differ", **case),
        absent("numpy", Status.FAILED, "killed by signal 9", **case),
        absent("scipy-csr", Status.UNAVAILABLE, "pip install 'spbench[scipy]'", **case),
        *pair(1.01, 0.1, m=768, k=768, n=16, sparsity=0.7),
    ]


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A run folder named ``run`` in the working directory."""
    monkeypatch.chdir(tmp_path)

    def write(rows, machine=MACHINE, name="run"):
        return write_run(Path(name), rows, machine)

    return write


def test_markdown_is_golden(run):
    """To renew the file after a wanted change: delete it, run this test, read the difference."""
    text = build_report(run(golden_rows())).markdown.read_text()
    if not GOLDEN.exists():
        GOLDEN.write_text(text)
        pytest.fail(f"{GOLDEN} was missing and is written now; read it, then run again")
    assert text == GOLDEN.read_text()


def test_the_order_of_rows_does_not_matter(run):
    rows = [*pair(4.0), *pair(3.0, n=1), *pair(2.0, weights="m:a"), *pair(2.0, weights="m:b")]
    first = build_report(run(rows))
    texts = first.markdown.read_text(), first.html.read_text()
    again = build_report(run(reversed(rows)))
    assert (again.markdown.read_text(), again.html.read_text()) == texts


def test_a_row_that_counts_shows_its_remark(run):
    disturbed = [
        row("spbench", 100.0, reason="disturbed: other processes had its core for 13% of the time"),
        row("onednn", 400.0),
    ]
    text = build_report(run(disturbed)).markdown.read_text()
    assert "Counted, but with a remark" in text
    assert "other processes had its core for ...% of the time" in text
    assert "Counted, but" not in build_report(run(pair(2.0), name="calm")).markdown.read_text()


def test_the_last_row_of_a_case_wins(run):
    report = build_report(run([*pair(9.0), *pair(2.0)]))
    assert "2.00x" in report.verdict[1]
    assert "9.00" not in report.markdown.read_text()


def test_files_are_where_they_are_said_to_be(run, tmp_path):
    folder = run(realistic([(256, 256)], (1, 128), (0.7, 0.8), layers=1))
    before = sorted(path.name for path in folder.iterdir())
    report = build_report(folder, tmp_path / "elsewhere")
    assert sorted(path.name for path in folder.iterdir()) == before
    assert report.html == tmp_path / "elsewhere" / "report.html"
    names = {path.name for path in report.figures}
    stems = {
        "break-even",
        "roofline",
        "speedup-by-layer",
        "speedup-by-library",
        "speedup-by-shape",
        "speedup-by-sparsity",
        "speedup-map",
        "throughput",
    }
    assert names == {f"{stem}.{kind}" for stem in stems for kind in ("png", "svg")}
    written = {path.name for path in (tmp_path / "elsewhere").rglob("*") if path.is_file()}
    assert written == names | {"report.md", "report.html"}
    for name in re.findall(r"\]\((figures/[^)]+)\)", report.markdown.read_text()):
        assert (report.markdown.parent / name).stat().st_size > 5000


def test_what_does_not_count_is_listed_and_nowhere_else(run):
    rows = [
        *pair(4.0),
        row("numpy", 123456.0, status=Status.WRONG, reason="3 of 9 numbers differ"),
        absent("scipy-csr", Status.FAILED, "killed by signal 9"),
        absent("onemkl-csr", Status.UNAVAILABLE, "pip install 'spbench[mkl]'"),
    ]
    text = build_report(run(rows)).markdown.read_text()
    listed = text.split("#### What did not run, and why")[1].split("####")[0]
    for told in ("3 of 9 numbers differ", "killed by signal 9", "pip install 'spbench[mkl]'"):
        assert told in listed
        # what its reader has to do, and what is wrong with the numbers
        said_in_the_verdict = "pip install" in told or "numbers differ" in told
        assert text.count(told) == 1 + said_in_the_verdict
    assert "123.5" not in text, "the time of a wrong result is shown"
    assert text.index("**Warning:** Of 5 results 1 is wrong and 1 failed: the first, numpy on") < (
        text.index("#### Speed-up of")
    )
    assert "numpy" not in text.split("#### Times by backend")[1].split("## How far")[0]


def test_times_of_zero_are_left_out_and_said(run):
    broken = {"time_ns": 0.0, "samples_ns": [0.0, 0.0, 0.0]}
    rows = [
        *pair(4.0),
        *(row(name, n=1).model_copy(update=broken) for name in ("spbench", "onednn")),
    ]
    text = build_report(run(rows)).markdown.read_text()
    assert "no usable samples: a time is missing or not above 0" in text
    assert "1 of 2 cases: 1 faster" in text


def test_a_cut_short_run_names_what_is_missing():
    cases = group_cases([*pair(2.0), row("spbench", n=1)])
    (missing,) = exclusions(cases)
    assert (missing.backend, missing.status, missing.cases) == (
        "onednn",
        "no row",
        ("768x768x1 80 %",),
    )


def test_settings_have_verdicts_and_figures_of_their_own(run):
    rows = realistic([(256, 256)], (1, 128), (0.8,), layers=0)
    rows += realistic([(256, 256)], (128,), (0.8,), layers=0, threads=2)
    report = build_report(run(rows))
    assert "## 4x1 blocks, 2 threads, hot caches" in report.markdown.read_text()
    assert {path.name for path in report.figures} >= {"throughput.png", "throughput-2.png"}
    assert "2 cases:" in report.verdict[1]
    text = report.markdown.read_text()
    sentence, table = text.split("## Verdicts\n\n")[1].split("\n\n#### Setting by setting")
    assert (
        sentence
        == "spbench against onednn, 3 cases in 2 settings: 3 faster, 0 slower, 0 undecided."
    )
    assert (
        table.index("1 thread") < table.index("2 threads") < table.index("## 4x1 blocks, 1 thread")
    )
    assert text.count("```\nModel ") == 2  # in full in each setting's own part
    assert [setting.split(", ")[1] for setting in report.settings] == ["1 thread", "2 threads"]


def test_figures_are_drawn_for_the_first_settings_only(run):
    """A report on 16 settings takes hardly longer than one on two; its tables are all there."""
    rows = [each for threads in (1, 2, 3, 4) for each in pair(2.0, threads=threads)]
    report = build_report(run(rows))
    assert {path.stem.rpartition("-")[2] for path in report.figures} <= {
        *("sparsity", "map", "shape", "roofline", "throughput", "even", "layer", "library", "2")
    }
    *_, third, fourth = report.markdown.read_text().split("\n## 4x1 blocks")
    for part in (third, fourth):
        assert "Figures are drawn for the first 2 settings" in part
        assert "![" not in part.split("\n## ")[0]
        assert "#### Break-even with" in part and "#### Times by backend" in part


def test_a_setting_without_a_result_is_one_line_and_not_undecided(run):
    why = "no kernel for blocks of 3x3"
    rows = [*pair(2.0), *pair(2.0, n=1)]
    rows += [
        absent("spbench", Status.UNSUPPORTED, why, pattern="3x3"),
        row("onednn", pattern="3x3"),
    ]
    text = build_report(run(rows)).markdown.read_text()
    verdicts = text.split("## Verdicts")[1].split("\n## ")[0]
    assert "undecided" not in verdicts.replace("0 undecided", "")
    assert (
        f"No result with 3x3 blocks, 1 thread, hot caches, s32 output: spbench: {why}." in verdicts
    )


@pytest.mark.parametrize(
    "machine",
    [
        {},
        {"cpu_model": "unknown", "date": "unknown", "limits": "unknown", "caches": None},
        {**MACHINE, "limits": {"int8_peak_gops": "unknown"}, "caches": {"l1d_bytes": "unknown"}},
    ],
)
def test_an_unknown_machine_is_said_to_be_unknown(run, machine):
    text = build_report(run(pair(4.0), machine)).markdown.read_text()
    assert "unknown" in text
    assert "The int8 peak of this machine is unknown." in text


def test_machine_facts_read_as_people_say_them():
    facts = dict(MachineFacts(MACHINE).facts())
    assert facts["L2 cache"] == "1 MiB"
    assert facts["Memory"] == "8 GiB"
    assert facts["Frequency governor"] == facts["Turbo"] == "unknown"
    assert facts["Instruction sets"] == "avx2, avx512f, avx512_vnni"


def test_another_baseline(run):
    rows = [row("spbench", 100.0), row("onednn", 400.0), row("numpy", 900.0)]
    report = build_report(run(rows), baseline="numpy")
    assert "9.00x" in report.verdict[1]
    assert "numpy (dense f32)" in report.verdict[1]


def test_few_rounds_are_warned_about(run):
    text = build_report(run(pair(3.0, rounds=5))).markdown.read_text()
    assert "**Warning:** 1 of 1 comparisons rest on fewer than 8 rounds" in text


def test_the_sweep_can_be_repeated_from_the_page(run):
    folder = run(pair(2.0))
    sweep = {"name": "mine", "shapes": ["768x768"], "tokens": [128], "from_model": None}
    (folder / "sweep.json").write_text(json.dumps({"schema": 1, "run_id": "r", "sweep": sweep}))
    text = build_report(folder).markdown.read_text()
    assert "name: mine\nshapes: [768x768]\ntokens: [128]\nEND\n" in text
    assert "spbench run-gemm sweep --config sweep.yaml --out run-again" in text
    assert "spbench report run-again" in text


def test_text_from_outside_cannot_break_the_page(run):
    evil = "<script>alert(1)</script> | `x`\nnext"
    rows = [row("spbench", implementation=evil), absent("onednn", Status.FAILED, evil)]
    report = build_report(run(rows))
    assert "<script>alert" not in report.html.read_text()
    table = report.markdown.read_text().split("#### What did not run")[1].split("####")[0]
    assert len([line for line in table.splitlines() if line.startswith("|")]) == 3


def test_bad_folders_are_refused_in_one_line(run, tmp_path):
    with pytest.raises(InputError, match="no such run folder"):
        build_report(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError):
        build_report(tmp_path / "empty")
    with pytest.raises(InputError, match="no rows"):
        build_report(run([]))
    with pytest.raises(InputError, match=r"no result that counts \(1 failed\).*out of memory"):
        build_report(run([absent("spbench", Status.FAILED, "out of memory")]))
    with pytest.raises(InputError, match="no baseline 'nunpy'.* it has onednn, spbench"):
        build_report(run(pair(2.0)), baseline="nunpy")
    assert not (tmp_path / "run" / "report.html").exists()


def test_a_place_that_cannot_be_written(run, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write"):
        build_report(run(pair(2.0)), tmp_path / "file")


def test_a_place_that_takes_no_folder(run):
    with pytest.raises(InputError, match="cannot write /proc/x/"):
        build_report(run(pair(2.0)), "/proc/x")


def test_a_run_that_cannot_be_read(run, monkeypatch):
    with pytest.raises(InputError, match="cannot be read: File name too long"):
        build_report("a" * 300)

    def closed(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(RunFolder, "open", closed)
    with pytest.raises(InputError, match="locked: cannot be read: Permission denied"):
        build_report("locked")


def test_a_full_disk_leaves_the_old_report_whole(run, monkeypatch):
    report = build_report(run(pair(2.0)))
    before = report.html.read_bytes()

    def full(path, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(RunError, match="No space left on device"):
        build_report(run(pair(3.0)))
    assert report.html.read_bytes() == before
    assert not [path for path in report.html.parent.iterdir() if path.name.startswith(".")]
