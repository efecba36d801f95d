"""What a sweep found about its subject, and what its samples say."""

from __future__ import annotations

import pytest
from synthetic_runs import absent, pair, row

from spbench.report.case import group_cases
from spbench.report.finding import findings, subject_of, sweep_studies
from spbench.report.health import health_of
from spbench.report.study import studies
from spbench.store.schema import Status


def findings_of(rows):
    return findings(studies(group_cases(rows), "onednn")[0])


def test_a_paired_speedup_with_its_verdict():
    (finding,) = findings_of(pair(4.2))
    assert (finding.shape, finding.sparsity, finding.time_ns) == ("768x768x128", 0.8, 1000.0)
    assert finding.speedup.interval.value == pytest.approx(4.2)
    assert (finding.verdict, finding.rivals) == ("faster", {"onednn": 1})


def test_the_rival_is_the_fastest_dense_backend_whatever_its_type():
    rows = [*pair(4.0), row("numpy", 2000.0), row("scipy-csr", 10.0)]
    (finding,) = findings_of(rows)
    assert finding.speedup.interval.value == pytest.approx(2.0)
    assert finding.rivals == {"numpy": 1}


def test_without_a_rival_that_counts_there_is_no_verdict():
    rows = [row("spbench"), row("onednn", status=Status.WRONG, reason="off by one")]
    (finding,) = findings_of(rows)
    assert finding.speedup is None and finding.verdict == ""


def test_a_disturbed_case_says_so():
    rows = [each.model_copy(update={"lost_share": 0.5}) for each in pair(4.0)]
    (finding,) = findings_of(rows)
    assert finding.speedup is None and finding.verdict == "disturbed"


def test_layers_of_one_shape_are_one_line():
    rows = pair(2.0, weights="m:a", sparsity=0.8) + pair(8.0, weights="m:b", sparsity=0.801)
    layers, shape = sorted(findings_of(rows + pair(2.0)), key=lambda each: -len(each.cases))
    assert (layers.shape, shape.shape) == ("768x768x128 (2 layers)", "768x768x128")
    assert layers.sparsity == pytest.approx(0.8005)
    assert layers.speedup.interval.value == pytest.approx(4.0)


def test_the_subject_need_not_be_spbench():
    rows = [row("numpy", 100.0), row("onednn", 300.0), absent("scipy-csr", Status.FAILED, "no")]
    (study,) = sweep_studies(group_cases(rows), ["numpy", "onednn", "scipy-csr"])
    (finding,) = findings(study)
    assert finding.time_ns == 100.0
    assert finding.speedup.interval.value == pytest.approx(3.0)
    assert subject_of(["onednn", "spbench"]) == "spbench"


def test_outliers_and_drift_are_said_by_backend():
    calm, jumping = row("spbench", 100.0, 0.01), row("spbench", 100.0, 0.01, n=1)
    jumping.samples_ns[2::4] = [500.0] * 4
    rising = row("onednn").model_copy(update={"samples_ns": [1000.0 + 20 * i for i in range(15)]})
    theirs, ours = health_of(group_cases([calm, jumping, rising, row("numpy")]))
    assert str(ours) == "spbench: many outliers in 1 of 2 cases (up to 5 x the median)"
    assert str(theirs).startswith("onednn: times that drift in 1 of 1 cases (up to +2")


def test_rows_that_do_not_count_have_no_health():
    assert health_of(group_cases([absent("spbench", Status.FAILED, "crashed")])) == []
