"""Ratios, bounds and verdicts of single cases, and what several say together."""

from __future__ import annotations

import pytest
from synthetic_runs import absent, pair, row

from spbench.measure.statistics import Verdict
from spbench.report.case import group_cases, layer_names, percent
from spbench.report.comparison import compare, count_verdicts
from spbench.report.study import studies
from spbench.report.summary import mean_of, sum_of
from spbench.store.schema import Status


def study_of(rows, baseline="onednn"):
    return studies(group_cases(rows), baseline)[0]


@pytest.mark.parametrize(
    ("ratio", "noise", "expected"),
    [
        (2.0, 0.01, Verdict.FASTER),
        (0.5, 0.01, Verdict.SLOWER),
        (1.0, 0.01, Verdict.UNDECIDED),
        (1.005, 0.0, Verdict.UNDECIDED),  # exact, but within the indifference zone
        (1.05, 0.2, Verdict.UNDECIDED),  # its interval contains 1
    ],
)
def test_verdict_follows_the_interval(ratio, noise, expected):
    (comparison,) = study_of(pair(ratio, noise)).comparisons
    assert comparison.verdict is expected
    assert comparison.interval.low <= comparison.interval.value <= comparison.interval.high
    assert comparison.bound == pytest.approx(5.0)


def test_too_few_rounds_are_undecided():
    (comparison,) = study_of(pair(3.0, rounds=7)).comparisons
    assert comparison.verdict is Verdict.UNDECIDED
    assert comparison.rounds == 7


def test_layout_is_added_to_every_call_of_both():
    rows = [row("spbench", 100.0, layout_ns=100.0), row("onednn", 400.0, layout_ns=None)]
    (comparison,) = study_of(rows).comparisons
    assert comparison.interval.value == pytest.approx(4.0)
    assert comparison.with_layout.value == pytest.approx(2.0)


@pytest.mark.parametrize("status", [Status.WRONG, Status.FAILED, Status.UNAVAILABLE])
def test_rows_that_are_not_ok_are_not_compared(status):
    rows = [row("spbench"), row("onednn", status=status, reason="no")]
    assert study_of(rows).comparisons == []


def test_an_ok_row_without_times_is_not_compared():
    (case,) = group_cases([row("spbench"), absent("onednn", Status.OK, "")])
    assert compare(case, "spbench", "onednn") is None


def test_sum_weighs_layers_by_their_time():
    """1 + 9 us against 2 + 9 us: the short layer's factor of 2 hardly matters."""
    rows = [
        row("spbench", 1000.0, weights="m:a"),
        row("onednn", 2000.0, weights="m:a"),
        row("spbench", 9000.0, weights="m:b"),
        row("onednn", 9000.0, weights="m:b"),
    ]
    comparisons = study_of(rows).layers
    assert sum_of(comparisons).interval.value == pytest.approx(1.1)
    assert mean_of(comparisons).interval.value == pytest.approx(2**0.5)
    assert count_verdicts(comparisons) == "1 faster, 0 slower, 1 undecided"


def test_interval_of_a_sum_holds_its_value_and_never_shrinks():
    rows = [each for name in "abc" for each in pair(2.0, 0.1, weights=f"m:{name}")]
    comparisons = study_of(rows).layers
    total = sum_of(comparisons).interval
    assert total.low <= total.value <= total.high
    assert total.low == pytest.approx(comparisons[0].interval.low)


def test_summaries_need_comparisons():
    for summarise in (sum_of, mean_of):
        with pytest.raises(ValueError, match="no "):
            summarise([])


def test_the_rival_is_the_fastest_sparse_library_of_the_case():
    rows = [
        row("spbench", 100.0),
        row("onednn", 150.0),
        row("onemkl-csr", 900.0),
        row("scipy-csr", 700.0),
    ]
    (comparison,) = study_of(rows).against_sparse
    assert comparison.baseline.backend == "scipy-csr"
    assert comparison.interval.value == pytest.approx(7.0)


def test_settings_are_never_mixed():
    rows = [*pair(2.0), *pair(3.0, threads=2), *pair(3.0, threads=2, n=1)]
    found = studies(group_cases(rows), "onednn")
    assert [study.setting.threads for study in found] == [2, 1]
    assert [len(study.comparisons) for study in found] == [2, 1]


def test_layers_are_sorted_as_numbers_and_named_by_what_differs():
    tensors = [f"bert.encoder.layer.{layer}.output.dense.weight" for layer in (10, 2, 0)]
    cases = group_cases(row(weights=f"/models/mini:{tensor}") for tensor in tensors)
    assert [case.tensor.split(".")[3] for case in cases] == ["0", "2", "10"]
    assert cases[0].model == "mini"
    assert layer_names(cases)[tensors[0]] == "10.output.dense"


def test_a_single_layer_keeps_its_name():
    cases = group_cases([row(weights="m:encoder.output.weight")])
    assert layer_names(cases) == {"encoder.output.weight": "encoder.output"}


@pytest.mark.parametrize(("share", "text"), [(0.8, "80 %"), (0.875, "87.5 %"), (0.7, "70 %")])
def test_percent(share, text):
    assert percent(share) == text
