"""A run on several machines: each with its own verdict, then side by side, over what all have."""

from __future__ import annotations

import json

import pytest
from synthetic_runs import MACHINE, pair, realistic, write_run

from spbench.report.build import build_report
from spbench.report.case import group_cases
from spbench.report.fleet import fleets
from spbench.report.fleet_tables import fleet_break_evens, fleet_models, fleet_speedups
from spbench.report.machine import Machines
from spbench.report.study import studies

pytest.importorskip("matplotlib")

OLD = {**MACHINE, "cpu_model": "Example EP-0", "limits": {"int8_peak_gops": 200.0}}
MACHINES = Machines({"new": MACHINE, "old": OLD})


def fleet_of(rows):
    (found,) = fleets(studies(group_cases(rows), "onednn"))
    return found


def two_machines(**changes):
    return [
        each
        for host, ratio in (("new", 4.0), ("old", 2.0))
        for each in pair(ratio, 0.01, host=host, **changes)
    ]


def cells(table):
    return [[str(cell) for cell in row] for row in table.rows]


def test_one_machine_is_no_fleet():
    assert fleets(studies(group_cases(pair(2.0) + pair(2.0, threads=2)), "onednn")) == []


def test_machines_stand_side_by_side():
    table = fleet_speedups(fleet_of(two_machines()), MACHINES)
    assert [head for head in map(str, table.headers)][-1] == "80 %"
    new, old = cells(table)
    assert new[:3] == ["128", "Example EP-1 (AMD)", "469"]
    assert old[:3] == ["128", "Example EP-0", "200"]
    assert new[3].startswith("4.00 ")
    assert old[3].startswith("2.00 ")


def test_only_what_every_machine_has_is_averaged():
    """The new machine's slow shape must not count against it: the old one never finished it."""
    rows = two_machines() + pair(0.1, 0.01, host="new", m=64)
    table = fleet_speedups(fleet_of(rows), MACHINES)
    assert cells(table)[0][3].startswith("4.00 ")
    assert "of the 1 cases that every machine has" in table.note


def test_models_and_break_evens_by_machine():
    rows = two_machines(weights="/models/mini:a.weight", sparsity=0.8)
    rows += two_machines(sparsity=0.5) + two_machines(sparsity=0.9)
    fleet = fleet_of(rows)
    ((model, new, old),) = cells(fleet_models(fleet, MACHINES))
    assert model == "mini, N=128"
    assert (new[:4], old[:4]) == ("4.00", "2.00")
    ((shape, n, *break_evens),) = cells(fleet_break_evens(fleet, MACHINES))
    assert (shape, n, len(break_evens)) == ("768x768", "128", 2)


def test_machines_of_one_kind_are_told_apart():
    assert MACHINES.name("old") == "Example EP-0"
    twins = Machines({"a": MACHINE, "b": MACHINE})
    assert twins.name("b") == "Example EP-1 (AMD) (b)"


def test_a_run_with_one_machine_has_its_facts_whatever_the_rows_say():
    assert Machines({"x": MACHINE}).of("y").get("cpu_model") == "Example EP-1 (AMD)"
    assert MACHINES.of("neither").get("cpu_model") == "unknown"


def test_the_page_of_a_fleet(tmp_path):
    rows = [
        each.model_copy(update={"host": host})
        for host in ("new", "old")
        for each in realistic([(256, 256)], (1, 128), (0.7, 0.9), layers=1)
    ]
    run = write_run(tmp_path / "run", rows)
    (run / "machine.json").unlink()
    (run / "machines").mkdir()
    for host, facts in MACHINES.by_host.items():
        (run / "machines" / f"{host}.json").write_text(json.dumps(facts))
    report = build_report(run)
    text = report.markdown.read_text()
    assert "\n2 machines; 4x1 blocks" in text
    assert "on Example EP-0\n" in text
    assert "## Machine by machine with 4x1 blocks, 1 thread" in text
    assert "#### The machine Example EP-0" in text
    assert {"speedup-by-machine.png", "break-even-2.png"} <= {path.name for path in report.figures}
    captions = [line for line in text.splitlines() if line.startswith("Break-even of block")]
    assert ["Example EP-1" in line for line in captions] == [True, False]
