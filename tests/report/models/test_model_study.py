"""Whole models compared: cases, pairs, verdicts, limits, predictions."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from synthetic_models import absent_model, bench, limit_rows, model_row
from synthetic_runs import row

from spbench.cli import main
from spbench.measure.statistics import Verdict
from spbench.report.case import group_cases
from spbench.report.models import tables
from spbench.report.models.limit import limited
from spbench.report.models.numbers import milliseconds, rate, ratio
from spbench.report.models.origin import origin_of
from spbench.report.models.prediction import error, predictions
from spbench.report.models.runtime import Footnotes
from spbench.report.models.study import ModelStudy
from spbench.report.models.verdict import model_lines
from spbench.report.study import studies
from spbench.store.schema import Status
from spbench.sweeps.model_source import ModelSource


def twin(ratio=4.0, own_linear=0.5, dense_linear=0.8, **changes):
    """spbench in 1 ms and its dense twin ``ratio`` times as long, with shares of linear layers."""
    own = model_row("spbench", 1e6, linear_ns=own_linear * 1e6, **changes)
    ops = {"qkv": dense_linear * ratio * 1e6, "attention": (1 - dense_linear) * ratio * 1e6}
    dense = model_row("spbench-dense", ratio * 1e6, linear_ns=ops["qkv"], op_time_ns=ops, **changes)
    return [own, dense.model_copy(update={"pattern": "dense", "sparsity": 0.0})]


def layers(dense_over_sparse=5.0, weights="bert-base", **changes):
    """Two layers of a model, timed alone."""
    made = {"sparsity": 0.9, "n": 128, **changes}
    return [
        row(backend, time_ns, weights=f"{weights}:{name}.weight", **made)
        for name in ("a", "b")
        for backend, time_ns in (("spbench", 100.0), ("spbench-dense", 100.0 * dense_over_sparse))
    ]


def test_a_case_is_about_the_pruned_model_even_if_the_dense_twin_says_otherwise():
    (case,) = ModelStudy([*reversed(twin())]).cases
    assert (case.setting.pattern, case.sparsity) == ("4x1", 0.9)
    (case,) = ModelStudy([twin()[1], model_row("torch-f32", 1e6)]).cases
    assert case.setting.pattern == "4x1"


def test_ratios_are_paired_by_round():
    drift = [1e6 * (1 + number / 5) for number in range(15)]
    rows = [
        model_row("spbench", samples_ns=drift),
        model_row("torch-f32", samples_ns=[7 * each for each in drift]),
    ]
    (found,) = ModelStudy(rows).comparisons
    assert (found.interval.low, found.interval.high) == pytest.approx((7, 7))
    assert found.verdict is Verdict.FASTER


@pytest.mark.parametrize("change", [{"rounds": 5}, {"lost_share": 0.5}])
def test_few_rounds_and_disturbed_ones_decide_nothing(change):
    (found,) = ModelStudy([model_row(), model_row("torch-f32", 9e6, **change)]).comparisons
    assert found.verdict is Verdict.UNDECIDED
    assert found.word == ("disturbed" if "lost_share" in change else "undecided")


def test_rows_without_samples_or_of_other_status_are_not_compared():
    rows = [
        model_row(),
        model_row("torch-f32", 9e6, samples_ns=None),
        model_row("torch-bf16", 9e6, status=Status.FAILED, reason="crashed"),
        model_row("onnxruntime-int8", 9e6, time_ns_low=None).model_copy(update={"time_ns": None}),
    ]
    study = ModelStudy(rows)
    assert study.comparisons == []
    told = {each.runtime: each.status for each in study.left_out}
    assert told == {"torch-bf16": "failed", "onnxruntime-int8": "no samples"}


def test_lines_say_the_nearest_rival_first_and_slower_as_slower():
    rows = [model_row(), model_row("a", 4.2e6), model_row("b", 84e6), model_row("c", 8.41e6)]
    (line,) = model_lines(ModelStudy(rows))
    assert line.index("slower than a, 0.50x") < line.index("undecided against c")
    assert line.index("undecided against c") < line.index("faster than b")


def test_lines_are_about_the_most_zeros_and_count_the_rest():
    lines = model_lines(ModelStudy(bench((0.7, 0.8, 0.9))))
    assert len(lines) == 2
    assert " at 90 %" in lines[0]
    assert lines[1].endswith("2 more cases are in the table below")


def test_without_spbench_the_line_says_why():
    (line,) = model_lines(ModelStudy([model_row("torch-f32", 9e6)]))
    assert "spbench is not in this run" in line
    failed = absent_model("spbench", Status.FAILED, "out of memory")
    (line,) = model_lines(ModelStudy([failed, model_row("torch-f32", 9e6)]))
    assert line.endswith("no result that counts: out of memory")


def test_handicaps_are_numbered_once():
    rows = [model_row("a"), *(model_row(name, handicaps="slow; old") for name in ("b", "c"))]
    found = Footnotes.of(rows)
    assert found.labels == {"a": "a", "b": "b [1]", "c": "c [1]"}
    assert found.text == " [1] slow; old."


def test_the_limit_is_held_against_the_99th_percentile():
    rows = [
        model_row(time_ns=0.9e6, p99_ns=1.2e6, throughput=9000, batch=8, latency_limit_ns=1e6),
        model_row(time_ns=0.5e6, p99_ns=0.9e6, throughput=5000, batch=4, latency_limit_ns=1e6),
        model_row("torch-f32", 9e6, latency_limit_ns=1e6),
    ]
    own, torch = limited(rows)
    assert (own.best.batch, own.throughput, own.tried) == (4, 5000, 2)
    assert torch.best is None
    assert torch.reason == "none: 9.90 ms at best"


def test_a_search_may_leave_its_best_only_or_say_that_there_is_none():
    tried = {"tried": [{"batch": 1}, {"batch": 2}, {"batch": 4}]}
    best = model_row(time_ns=0.9e6, p99_ns=1e6, latency_limit_ns=1e6, protocol=tried)
    none = absent_model("torch-f32", Status.OK, "no setting within 1 ms", latency_limit_ns=1e6)
    failed = absent_model("torch-bf16", Status.FAILED, "killed", latency_limit_ns=1e6)
    study = ModelStudy([best, none, failed])
    own, torch = study.limited
    assert (own.best, own.tried) == (best, 3)
    assert (torch.best, torch.reason) == (None, "no setting within 1 ms")
    assert [each.runtime for each in study.left_out] == ["torch-bf16"]


def test_what_a_search_tried_is_no_setting_and_its_remark_is_told():
    tried = {"cores": 2, "tried": [{"batch": 1}]}
    reason = "disturbed: other processes had a core in 40 % of the calls"
    best = model_row(time_ns=0.9e6, p99_ns=1e6, latency_limit_ns=1e6, protocol=tried, reason=reason)
    study = ModelStudy([best])
    assert tables.protocol(study).rows == [["cores", "2"]]
    ((runtime, remark, count, which),) = tables.remarks(study).rows
    assert (runtime, count) == ("spbench", "1")
    assert remark.startswith("disturbed: other processes had a core")
    assert which == "bert-base 128 tokens, 4x1 90 %, within 1.00 ms"


def test_searches_are_no_cases_and_cases_no_searches():
    study = ModelStudy([*limit_rows(), *bench((0.9,))])
    assert len(study.cases) == 1
    assert {each.search.model for each in study.limited} == {"bert-mini"}


def test_prediction_is_amdahls_law_over_the_layers_alone():
    products = studies(group_cases(layers(5.0)))
    (found,) = predictions(ModelStudy(twin(4.0, 0.5, 0.8)), products)
    assert found.baseline == "spbench-dense"
    assert found.predicted_linear.value == pytest.approx(5)
    assert found.measured_linear == pytest.approx(3.2 / 0.5)
    assert found.linear_share == pytest.approx(0.8)
    assert found.predicted_model.value == pytest.approx(1 / (0.2 + 0.8 / 5))
    assert error(found.predicted_model.value, 4.0) == pytest.approx(1 / 0.36 / 4 - 1)


def test_the_share_of_linear_layers_is_that_of_the_calls_they_were_timed_in():
    own, dense = twin(4.0, 0.5, 0.8)
    slow = dense.model_copy(update={"time_ns": 2 * dense.time_ns})
    (found,) = predictions(ModelStudy([own, slow]), studies(group_cases(layers())))
    assert found.linear_share == pytest.approx(0.8)
    bare = dense.model_copy(update={"op_time_ns": None})
    (found,) = predictions(ModelStudy([own, bare]), studies(group_cases(layers())))
    assert found.linear_share == pytest.approx(0.8)


def test_without_time_by_op_there_is_no_prediction_of_the_model():
    rows = [each.model_copy(update={"linear_ns": None}) for each in twin()]
    (found,) = predictions(ModelStudy(rows), studies(group_cases(layers())))
    assert (found.predicted_model, found.measured_linear) == (None, None)


@pytest.mark.parametrize(
    "change",
    [{"n": 64}, {"sparsity": 0.8}, {"threads": 2}, {"pattern": "16x1"}, {"weights": "other"}],
)
def test_layers_of_another_call_predict_nothing(change):
    assert predictions(ModelStudy(twin()), studies(group_cases(layers(**change)))) == []


def test_layers_of_a_pruned_folder_are_found_by_what_it_was_made_of():
    products = studies(group_cases(layers(weights="out/pruned-90")))
    assert predictions(ModelStudy(twin()), products) == []
    (found,) = predictions(ModelStudy(twin()), products, origin="bert-base")
    assert found.predicted_linear.value == pytest.approx(5)


def test_what_a_folder_was_made_of_stands_in_its_record(make_model, tmp_path):
    made, target = make_model(name="origin"), tmp_path / "pruned"
    prune = ["prune", str(made), "--sparsity", "0.5", "--out", str(target)]
    assert CliRunner().invoke(main, prune).exit_code == 0
    stored = ModelSource.find(str(target)).to_dict()
    assert origin_of({"model": stored}) == "origin"
    assert origin_of({"model": stored | {"digest": "another"}}) == ""
    assert origin_of({"model": ModelSource.find(str(made)).to_dict()}) == ""
    assert origin_of({}) == ""


def test_a_layer_that_is_missing_or_disturbed_would_make_a_wrong_sum():
    rows = layers()
    rows[2] = rows[2].model_copy(update={"lost_share": 0.5})
    assert predictions(ModelStudy(twin()), studies(group_cases(rows))) == []


def test_the_fastest_dense_library_stands_for_the_twin():
    rows = [
        each.model_copy(update={"backend": "onednn"}) if each.backend == "spbench-dense" else each
        for each in layers(6.0, weights="/models/bert-base")
    ]
    (found,) = predictions(ModelStudy(twin()), studies(group_cases(rows)))
    assert found.baseline == "the fastest dense library"
    assert found.predicted_linear.value == pytest.approx(6)


def test_numbers_keep_three_digits():
    told = [milliseconds(each) for each in (2.3e4, 5.13e5, 8.4e6, 7.77e7, 1.003e9)]
    assert told == ["0.0230", "0.513", "8.40", "77.7", "1003"]
    assert [rate(each) for each in (0.5, 74.4, 1042.4)] == ["0.500", "74.4", "1,042"]
    (found,) = ModelStudy([model_row(noise=0), model_row("a", 8.4e7, noise=0)]).comparisons
    assert ratio(found.interval) == "10.00x [10.00, 10.00]"
