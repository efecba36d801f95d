"""The verdict's three lines: right, three-valued, and useful where a part is missing."""

from __future__ import annotations

import pytest
from synthetic_runs import MACHINE, absent, pair, realistic, row

from spbench.measure.statistics import Verdict
from spbench.report.case import group_cases
from spbench.report.machine import MachineFacts
from spbench.report.study import studies
from spbench.report.verdict import pays_from, verdict_lines
from spbench.store.schema import Status

SPARSITIES = (0.7, 0.8, 0.9)


def lines_of(rows, baseline="onednn", machine=MACHINE):
    lines = verdict_lines(studies(group_cases(rows), baseline)[0], MachineFacts(machine))
    assert len(lines) == 3
    assert not any("\n" in line for line in lines)
    return lines


def sweep(ratios, **changes):
    return [
        each
        for sparsity, ratio in zip(SPARSITIES, ratios, strict=True)
        for each in pair(ratio, 0.01, sparsity=sparsity, **changes)
    ]


def test_a_whole_run():
    model, shapes, libraries = lines_of(realistic())
    assert model.startswith("Model      faster: predicted ")
    assert "36 linear layers of minilm-4x1-80 at N=128, 80 % zeros" in model
    assert "36 of 36 layer cases: 36 faster, 0 slower, 0 undecided" in model
    assert shapes.startswith("Shapes     faster on average from 70 % on, the lowest measured")
    assert "against onednn (dense int8) (72 cases:" in shapes
    assert libraries.startswith("Libraries  faster: ")
    assert "onemkl-csr (sparse f32, on its generic path here) in 108" in libraries


def test_a_library_on_its_best_path_has_no_handicap_to_say():
    rows = [row("spbench", 100.0), row("onemkl-csr", 900.0)]
    for cpu in ("Intel(R) Xeon(R)", "unknown"):
        assert "onemkl-csr (sparse f32) in 1 " in lines_of(rows, machine={"cpu_model": cpu})[2]


@pytest.mark.parametrize(
    ("ratios", "start"),
    [
        ((3.0, 4.0, 8.0), "faster on average from 70 % on, the lowest measured:"),
        ((0.8, 1.0, 2.0), "faster on average from 90 % on:"),
        ((0.8, 0.9, 1.0), "slower or undecided at every sparsity measured:"),
        ((2.0, 2.0, 0.9), "undecided from which sparsity on:"),
        ((0.5, 0.6, 0.7), "slower on average at every sparsity measured:"),
        ((1.0, 1.0, 1.0), "undecided on average at every sparsity measured:"),
    ],
)
def test_from_which_sparsity_it_pays(ratios, start):
    assert lines_of(sweep(ratios))[1].startswith(f"Shapes     {start}")


def test_tokens_that_differ_from_the_whole_are_named():
    rows = sweep((3.0, 4.0, 8.0), n=128) + sweep((0.7, 0.9, 2.0), n=1)
    line = lines_of(rows)[1]
    assert "at N=128 faster on average from 70 % on, the lowest measured: 3.00x" in line
    assert "; at N=1 faster on average from 90 % on: 0.70x" in line


def test_the_models_ratio_is_the_ratio_of_sums():
    rows = [
        row("spbench", 1000.0, weights="mini:a"),
        row("onednn", 2000.0, weights="mini:a"),
        row("spbench", 9000.0, weights="mini:b"),
        row("onednn", 9000.0, weights="mini:b"),
    ]
    line = lines_of(rows)[0]
    assert line.startswith(
        "Model      faster: predicted 1.10x [1.10, 1.10] (1.10x with change of layout) for the 2"
    )
    assert "1 faster, 0 slower, 1 undecided" in line


def test_a_model_that_gains_only_with_many_tokens():
    rows = pair(0.8, 0.01, weights="mini:a", n=1) + pair(4.0, 0.01, weights="mini:a", n=128)
    line = lines_of(rows)[0]
    assert "depends on the tokens: predicted slower 0.80x" in line
    assert "; faster 4.00x" in line


def test_overlap_is_undecided():
    model, shapes, _ = lines_of(pair(1.02, 0.2, weights="mini:a") + pair(1.02, 0.2))
    assert model.startswith("Model      undecided: ")
    assert shapes.startswith("Shapes     undecided")


def test_without_a_model_or_other_libraries():
    model, shapes, libraries = lines_of(sweep((3, 4, 8)))
    assert "--from-model" in model
    assert "3 cases: 3 faster" in shapes
    assert "pip install" not in libraries
    assert "sweep with --backend spbench,onemkl-csr,onemkl-bsr,scipy-csr" in libraries


def test_sparse_libraries_that_are_missing_say_how_to_get_them():
    rows = [*pair(2.0), absent("scipy-csr", Status.UNAVAILABLE, "no SciPy; pip install scipy")]
    assert lines_of(rows)[2].endswith("is installed: no SciPy; pip install scipy")


def test_sparse_libraries_that_failed_are_not_to_be_installed():
    line = lines_of([*pair(2.0), absent("onemkl-bsr", Status.UNSUPPORTED, "square blocks only")])[2]
    assert "no other sparse library has a result that counts, see what did not run" in line


def test_without_shapes():
    assert "--shapes" in lines_of(pair(2.0, weights="mini:a"))[1]


def test_without_the_dense_baseline_it_says_how_to_get_it():
    install = "pip install 'spbench[onednn]'"
    rows = [row("spbench"), absent("onednn", Status.UNAVAILABLE, install)]
    shapes = lines_of(rows)[1]
    assert shapes.startswith("Shapes     undecided: no dense int8 baseline")
    assert shapes.endswith(install)
    assert "--backend spbench,onednn" in lines_of([row("spbench")])[1]


def test_the_change_of_layout_is_said_beside_every_speed_up():
    """1000 ns and 500 of layout against 2000 and 100; the layer and the sparse library alike."""
    ours, dense = {"layout_ns": 500.0}, {"layout_ns": 100.0}
    rows = [row("spbench", 1000.0, **ours), row("onednn", 2000.0, **dense)]
    rows += [each.model_copy(update={"weights": "m:a", "case_id": "a"}) for each in rows]
    rows.append(row("scipy-csr", 5000.0, **dense))
    model, shapes, libraries = lines_of(rows)
    assert "2.00x [2.00, 2.00] (1.40x with change of layout) for the one linear" in model
    assert "2.00x [2.00, 2.00] at 80 % (1.40x with change of layout);" in shapes
    assert "5.00x [5.00, 5.00] on average (3.40x with change of layout) against" in libraries


def test_by_default_the_fastest_dense_library_is_the_measure():
    """What break-even and recommendation compare with: one page must not contradict itself."""
    fast = [row("spbench", 100.0), row("onednn", 400.0), row("numpy", 50.0)]
    line = lines_of(fast, baseline=None)[1]
    assert line.startswith("Shapes     slower on average at every sparsity measured: 0.50x")
    assert "against numpy (dense f32), the fastest dense library (1 case: 0 faster" in line
    line = lines_of([*fast, *pair(4.0, n=1)], baseline=None)[1]
    assert "library of each case, numpy (dense f32) in 1 and onednn (dense int8) in 1 (2" in line
    assert "4.00x" in lines_of(fast, baseline="onednn")[1]


def test_a_dense_library_of_f32_alone_is_no_measure_of_int8():
    install = "pip install 'spbench[onednn]'"
    rows = [row("spbench"), row("numpy"), absent("onednn", Status.UNAVAILABLE, install)]
    line = lines_of(rows, baseline=None)[1]
    told = f"the fastest dense library; no dense int8 baseline, onednn is unavailable: {install}"
    assert told in line


def test_a_wrong_baseline_is_not_a_baseline():
    rows = [row("spbench"), row("onednn", 1e6, status=Status.WRONG, reason="off by one")]
    assert "no result that counts" in lines_of(rows)[1]


def test_spbench_that_was_not_asked_for():
    _, shapes, libraries = lines_of([row("onednn"), row("onemkl-csr")])
    for line in (shapes, libraries):
        told = "spbench is not in this run: sweep with --backend spbench,onednn,onemkl-csr"
        assert line.endswith(told)


def test_spbench_without_a_result():
    rows = [row("onednn"), row("onemkl-csr"), absent("spbench", Status.FAILED, "crashed")]
    for line in lines_of(rows)[1:]:
        assert line.endswith("spbench has no result that counts, see what did not run")


def disturbed(rows):
    return [each.model_copy(update={"lost_share": 0.5}) for each in rows]


def test_disturbed_comparisons_are_counted_apart():
    rows = pair(2.0, weights="m:a") + disturbed(pair(9.0, weights="m:b"))
    rows += pair(2.0) + disturbed(pair(9.0, k=64))
    rows += disturbed([row("scipy-csr", 5000.0, k=64)]) + [row("scipy-csr", 5000.0)]
    model, shapes, libraries = lines_of(rows)
    assert "2.00x [2.00, 2.00] (2.00x with change of layout) for the one linear layer" in model
    assert "2 of 2 layer cases: 1 faster, 0 slower, 0 undecided, 1 disturbed" in model
    assert "2.00x [2.00, 2.00] at 80 %" in shapes
    assert "2 cases: 1 faster, 0 slower, 0 undecided, 1 disturbed" in shapes
    assert "faster: 5.00x" in libraries and "1 disturbed" in libraries


def test_a_run_in_which_everything_is_disturbed_is_undecided():
    everything = [*pair(2.0), *pair(2.0, weights="m:a"), row("scipy-csr", 5000.0)]
    for line in lines_of(disturbed(everything)):
        assert "undecided: other processes had the core during every comparison" in line
        assert "1 disturbed" in line


def test_layers_that_did_not_run_are_counted():
    rows = pair(2.0, weights="mini:a") + [
        row("onednn", weights="mini:b"),
        absent("spbench", Status.FAILED, "crashed", weights="mini:b"),
    ]
    assert "1 of 2 layer cases: 1 faster" in lines_of(rows)[0]


def test_pays_from_nothing():
    assert pays_from({}) is None
    assert pays_from({0.7: Verdict.FASTER, 0.9: Verdict.SLOWER}) is None
