"""Tables of a report: decisions, limits, what speaks against the numbers, footnotes."""

from __future__ import annotations

import pytest
from synthetic_runs import MACHINE, absent, pair, row, write_run

from spbench.measure.statistics import Verdict
from spbench.report.build import build_report
from spbench.report.case import group_cases
from spbench.report.circumstance_tables import protocol
from spbench.report.decision_tables import break_even, recommendation
from spbench.report.limit_tables import bound_shares, subject_shares, suspicion
from spbench.report.machine import MachineFacts, Machines
from spbench.report.recommendation import recommendations
from spbench.report.result_tables import backends, times
from spbench.report.roofline import roofline
from spbench.report.speedup_tables import headline, speedup_by_layer
from spbench.report.study import studies
from spbench.report.table import FACETS, Head, Table
from spbench.report.trust_tables import circumstances, disturbances, sample_health, turns
from spbench.store.schema import Status

FACTS = MachineFacts(MACHINE)
STOLEN = {
    "host": "f00d",
    "name": "steal",
    "what": "The hypervisor took the cores away",
    "number": "3 % of the time",
    "advice": "Measure on a machine of its own",
}


def study_of(rows):
    return studies(group_cases(rows), "onednn")[0]


def cells(table):
    return [[str(cell) for cell in row] for row in table.rows]


def test_break_even_by_shape():
    rows = [
        each
        for sparsity in (0.5, 0.9)
        for each in (
            row("spbench", 4000.0 * (1 - sparsity), sparsity=sparsity),
            row("onednn", 1000.0, sparsity=sparsity),
        )
    ]
    ((shape, n, told, with_layout, measured, dense),) = cells(break_even(study_of(rows)))
    assert (shape, n, measured, dense) == ("768x768", "128", "50 %, 90 %", "onednn")
    assert told.startswith("fit 75 % [")
    assert with_layout.startswith("fit 75 % [")


def test_every_speed_up_has_one_with_the_change_of_layout_and_a_verdict():
    """A headline of 1.52x whose layouts eat it: undecided, in the layer table too."""
    rows = [
        row("spbench", 1000.0, 0.01, weights="mini:l.0.weight", layout_ns=530.0, luck=1),
        row("onednn", 1520.0, 0.01, weights="mini:l.0.weight", layout_ns=10.0, luck=2),
    ]
    study = study_of(rows)
    (whole,) = headline(study).rows
    assert str(whole[1]).endswith(" faster") and whole[1].verdict is Verdict.FASTER
    assert str(whole[2]) == "1.00 [0.99, 1.01] undecided" and whole[2].verdict is Verdict.UNDECIDED
    (layer,) = speedup_by_layer(study).rows
    assert str(layer[5]) == "1.00 [0.99, 1.01] undecided"
    (found,) = recommendations([study])
    first, total = cells(recommendation(found))
    assert (first[5][:4], first[6]) == ("1.52", "1.00 [0.99, 1.01]")
    assert total[6].startswith("1.00 [")


def test_what_to_do_with_each_layer():
    rows = pair(4.0, 0.01, weights="mini:l.0.weight") + pair(0.5, 0.01, weights="mini:l.1.weight")
    rows.append(row("onednn", weights="mini:l.2.weight"))
    (found,) = recommendations([study_of(rows)])
    table = recommendation(found)
    first, second, whole = cells(table)
    assert (first[0], first[4]) == ("0", "use 4x1")
    assert (second[0], second[4], second[5]) == ("1", "stay dense", "1.00 [1.00, 1.00]")
    assert whole[4] == "use 4x1 in 1, stay dense in 1"
    assert table.note.endswith("in no sum: l.2.weight.")


def test_blocks_that_could_not_run_are_told_with_the_advice():
    rows = pair(4.0, weights="mini:l.0.weight") + [
        absent(
            "spbench", Status.UNSUPPORTED, "no kernel", weights="mini:l.0.weight", pattern="3x3"
        ),
        row("onednn", weights="mini:l.0.weight", pattern="3x3"),
    ]
    (found,) = recommendations(studies(group_cases(rows), "onednn"))
    note = recommendation(found).note
    assert note.endswith("Blocks of 3x3 did not run in 1 layer: no kernel.")


def test_share_of_its_own_bound():
    study = study_of([row("spbench", 200_000.0), row("onednn", 1_000_000.0)])
    points = roofline(study.cases, FACTS)
    ours, dense = cells(bound_shares(points, "spbench"))
    rate = 2 * 768 * 768 * 128 * 0.2 / 200_000
    assert ours == ["spbench", "128", "1", "peak in 1", *[f"{100 * rate / 469:.0f} %"] * 3]
    assert dense[0] == "onednn"
    assert cells(subject_shares(points, "spbench")) == [["768x768", "128", f"{ours[4]} (peak)"]]
    assert suspicion(points) == ""


def test_more_than_the_bound_is_an_error_and_said():
    points = roofline(study_of([row("spbench", 10_000.0)]).cases, FACTS)
    assert suspicion(points).startswith("1 of 1 rows exceed their own bound by more than 2 %")


def test_an_unsteady_machine_is_told_beside_the_verdict_and_in_a_table(tmp_path):
    pytest.importorskip("matplotlib")
    run = write_run(tmp_path / "run", pair(4.0))
    assert "Something disturbed" not in build_report(run).markdown.read_text()
    from spbench.store.run_folder import RunFolder

    RunFolder.open(run).add_warnings([STOLEN, STOLEN])
    text = build_report(run).markdown.read_text()
    assert text.index("**Warning:** Something disturbed") < text.index("## From which")
    ((machine, *told),) = cells(disturbances([STOLEN, STOLEN], Machines({"f00d": MACHINE})))
    assert machine == "Example EP-1 (AMD)"
    assert told == [
        "The hypervisor took the cores away (2 times)",
        STOLEN["number"],
        STOLEN["advice"],
    ]
    assert "The hypervisor took the cores away (2 times)" in text.split("## How far")[1]


def test_what_a_machine_always_is_like_is_no_disturbance(tmp_path):
    """Every virtual machine has a hypervisor: to warn about it on every page is to cry wolf."""
    pytest.importorskip("matplotlib")
    from spbench.store.run_folder import RunFolder

    run = write_run(tmp_path / "run", pair(4.0))
    virtual = {"host": "f00d", "name": "hypervisor", "what": "virtual", "number": "KVM"}
    RunFolder.open(run).add_warnings([virtual | {"advice": "trust intervals"}])
    text = build_report(run).markdown.read_text()
    assert "Something disturbed" not in text
    assert "#### What disturbed the measuring" not in text
    assert "trust intervals" in text.split("#### What the machine is like")[1]
    assert not disturbances([virtual], Machines({})).rows
    assert circumstances([virtual], Machines({})).rows


def test_outliers_and_drifts():
    steady = [1000.0 + step % 3 for step in range(15)]
    far = [*steady[:-4], *[8000.0] * 3, 9000.0]
    few = [*steady[:-1], 9000.0]  # as any row of any machine
    rising = [1000.0 + 20 * step for step in range(15)]
    rows = [row("spbench", samples_ns=far), row("onednn", samples_ns=rising, time_ns=1140.0)]
    rows += [row("numpy", samples_ns=steady), row("scipy-csr", samples_ns=few)]
    dense, ours = cells(sample_health(group_cases(rows)))
    assert ours[:3] == ["spbench", "1 of 1", "9 x the median: 768x768x128 80 %"]
    assert dense[0] == "onednn"
    assert dense[3] == "1 of 1"
    assert dense[4].startswith("+")


def test_turns_that_were_taken_again():
    told = {"turns_repeated": 3, "disturbed_rounds": [2], "cpu_time_ns": 950.0}
    rows = [row("spbench", 1000.0, **told), row("spbench", 1000.0, n=1, **told)]
    rows.append(row("onednn"))  # of a run that did not count them
    ((backend, played, again, disturbed, cpu),) = cells(turns(group_cases(rows)))
    assert (backend, played) == ("spbench", "30")
    assert (again, disturbed, cpu) == ("6 (20.0 %)", "2 (6.7 %)", "0.95, 0.95, 0.95")


def test_handicaps_are_footnotes():
    table = times(study_of([*pair(2.0), row("onemkl-csr"), row("numpy")]), FACTS, False)
    assert list(map(str, table.headers)) == [
        "MxK",
        "N",
        "zeros",
        "spbench",
        "numpy [1]",
        "onednn",
        "onemkl-csr [2]",
    ]
    assert " [1] f32: 4 times the bytes" in table.note
    assert " [2] generic path" in table.note


def test_the_threads_that_worked_stand_with_their_pools():
    told = {"threads_busy": 2, "thread_pools": "libgomp 2"}
    rows = [row("spbench", threads_busy=2, thread_pools=""), row("onednn", **told), row("numpy")]
    table = backends([study_of(rows)], Machines({"": FACTS}))
    threads = {line[0]: line[4] for line in cells(table)}
    assert threads == {"spbench": "2", "onednn": "2 (libgomp 2)", "numpy": "-"}


def test_handicaps_of_rows_are_said_once_without_what_differs():
    rows = [
        row("scipy-csr", dtype="u8s8s32", sparsity=0.8, handicaps="slow; as 1x4 (20 % zeros)"),
        row("scipy-csr", dtype="u8s8s32", sparsity=0.9, handicaps="slow; as 1x4 (34 % zeros)"),
        row("onednn", handicaps="alone (7 %)"),
        row("onemkl-csr", handicaps="generic path, as the CPU is not made by Intel"),
        row("torch-csr", handicaps="generic path, as the CPU is not made by Intel; anew"),
    ]
    found = study_of(rows).contenders
    assert found["scipy-csr"].handicap(FACTS) == "slow; as 1x4"
    assert found["onednn"].handicap(FACTS) == "alone (7 %)"
    assert found["onemkl-csr"].handicap(FACTS).count("generic path") == 1
    assert found["torch-csr"].on_generic_path(FACTS)
    assert found["torch-csr"].handicap(FACTS).startswith("generic path")


def test_rows_and_columns_say_what_they_are_about():
    heads = ["MxK", "N", Head("80 %", {"sparsity": "80 %"})]
    text = Table("t", heads, [["64x64", "1", "<2.00>"]]).html()
    assert '<th scope="col" data-sparsity="80 %">80 %</th>' in text
    assert '<tr data-shape="64x64" data-n="1">' in text
    assert "&lt;2.00&gt;" in text
    assert not set(FACETS) & set(protocol([row()]).headers)  # its keys are about no row
    given = Table("t", ["case"], [["a"]], facets=[{"n": '"1"'}]).html()
    assert '<tr data-n="&quot;1&quot;">' in given
