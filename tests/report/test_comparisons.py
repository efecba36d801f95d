"""Ratios, bounds and verdicts of single cases, and what several say together."""

from __future__ import annotations

import pytest
from synthetic_runs import absent, pair, row

from spbench.measure.statistics import Verdict
from spbench.report.case import group_cases, layer_names, percent
from spbench.report.comparison import count_verdicts
from spbench.report.exclusion import exclusions
from spbench.report.study import studies
from spbench.report.summary import mean_of, means, sum_of
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
    assert study_of([row("spbench"), absent("onednn", Status.OK, "")]).comparisons == []


@pytest.mark.parametrize(
    "times",
    [
        {"samples_ns": [0.0, 0.0, 0.0]},
        {"samples_ns": [100.0, 0.0, 100.0]},
        {"samples_ns": [100.0, float("inf"), 100.0]},
        {"samples_ns": []},
        {"time_ns": 0.0},
    ],
)
def test_a_row_without_usable_samples_does_not_count(times):
    fast = row("spbench").model_copy(update=times)
    study = study_of([fast, row("onednn")])
    assert study.comparisons == []
    (left_out,) = exclusions(study.cases)
    assert (left_out.backend, left_out.status) == ("spbench", "no samples")
    assert left_out.reason.startswith("no usable samples")


@pytest.mark.parametrize("backend", ["spbench", "onednn"])
def test_a_disturbed_row_makes_its_comparison_undecided_and_leaves_means_and_sums(backend):
    """Contention stretches long turns only: here it would make 2x of 9x."""
    disturbed = [
        each.model_copy(update={"lost_share": 0.11}) if each.backend == backend else each
        for each in pair(9.0, weights="m:b") + pair(9.0, k=64)
    ]
    study = study_of([*disturbed, *pair(2.0, weights="m:a"), *pair(2.0)])
    assert [each.verdict for each in study.comparisons if each.disturbed] == [Verdict.UNDECIDED] * 2
    assert sorted(each.word for each in study.random) == ["disturbed", "faster"]
    assert count_verdicts(study.random) == "1 faster, 0 slower, 0 undecided, 1 disturbed"
    assert means(study.random)[0.8].interval.value == pytest.approx(2.0)
    assert study.models["m", 128].interval.value == pytest.approx(2.0)


def test_little_lost_time_does_not_disturb():
    rows = [each.model_copy(update={"lost_share": 0.1}) for each in pair(2.0)]
    (comparison,) = study_of(rows).comparisons
    assert comparison.verdict is Verdict.FASTER
    assert "disturbed" not in count_verdicts([comparison])


def test_verdicts_are_corrected_for_the_number_of_cases():
    """Eight rounds on one side: 1 in 128 by chance, enough alone, not among two hundred."""
    lucky = pair(1.05, rounds=8)
    (alone,) = study_of(lucky).comparisons
    assert alone.verdict is Verdict.FASTER
    equal = [each for k in range(1, 200) for each in pair(1.0, 0.01, k=k)]
    family = study_of([*lucky, *equal])
    assert len(family.comparisons) == 200
    assert count_verdicts(family.comparisons) == "0 faster, 0 slower, 200 undecided"
    assert alone.interval == max(each.interval for each in family.comparisons if each.rounds == 8)


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


@pytest.mark.parametrize("summarise", [sum_of, mean_of])
def test_errors_of_many_cases_cancel_in_what_is_made_of_them(summarise):
    rows = [
        each
        for number in range(30)
        for each in (
            row("spbench", 1000.0, 0.1, luck=2 * number, weights=f"m:{number}"),
            row("onednn", 2000.0, 0.1, luck=2 * number + 1, weights=f"m:{number}"),
        )
    ]
    comparisons = study_of(rows).layers
    whole = summarise(comparisons).interval
    assert whole.low <= whole.value <= whole.high
    widths = [each.interval.high - each.interval.low for each in comparisons]
    assert 0 < whole.high - whole.low < 0.5 * sum(widths) / len(widths)


@pytest.mark.parametrize("summarise", [sum_of, mean_of])
def test_a_summary_of_one_case_says_what_the_case_says(summarise):
    (comparison,) = study_of(pair(2.0, 0.1)).comparisons
    summary = summarise([comparison])
    assert summary.verdict is comparison.verdict
    assert summary.interval.value == pytest.approx(comparison.interval.value, rel=0.02)


def test_the_layout_is_in_the_sum_too():
    rows = [row("spbench", 100.0, layout_ns=100.0, weights=f"m:{name}") for name in "ab"]
    rows += [row("onednn", 400.0, layout_ns=None, weights=f"m:{name}") for name in "ab"]
    summary = study_of(rows).models["m", 128]
    assert summary.interval.value == pytest.approx(4.0)
    assert summary.with_layout.value == pytest.approx(2.0)


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


def test_spbenchs_own_f32_is_no_other_library():
    f32 = {"dtype": "f32", "index_bytes": 1000}
    rows = [row("spbench", 100.0), row("scipy-csr", 700.0), row("spbench-f32", 400.0, **f32)]
    (comparison,) = study_of(rows).against_sparse
    assert comparison.baseline.backend == "scipy-csr"


def test_settings_are_never_mixed():
    rows = [*pair(2.0), *pair(3.0, threads=2), *pair(3.0, threads=2, n=1)]
    found = studies(group_cases(rows), "onednn")
    assert [study.setting.threads for study in found] == [2, 1]
    assert [len(study.comparisons) for study in found] == [2, 1]


def test_the_setting_that_compares_most_comes_first():
    """spbench does not run 16x1: that has the most cases, and the first name."""
    unsupported = [
        absent("spbench", Status.UNSUPPORTED, "no 16x1", pattern="16x1", k=k) for k in (1, 2, 3)
    ]
    dense = [row("onednn", pattern="16x1", k=k) for k in (1, 2, 3)]
    found = studies(group_cases([*unsupported, *dense, *pair(2.0)]), "onednn")
    assert [study.setting.pattern for study in found] == ["4x1", "16x1"]


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
