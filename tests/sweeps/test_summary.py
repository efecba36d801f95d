"""What a sweep says at its end."""

import pytest

from spbench.measure.statistics import Verdict
from spbench.store.schema import Row
from spbench.sweeps.summary import findings, subject_of


def make_row(case_id, backend, time_ns, weights="random", status="ok", sparsity=0.8) -> Row:
    return Row(
        run_id="r", case_id=case_id, host="h", status=status, backend=backend, m=8, k=4, n=2,
        weights=weights, pattern="4x1", sparsity=sparsity, sparsity_real=sparsity, dtype="u8s8s32",
        output="s32", threads=1, seed=0, time_ns=time_ns, samples_ns=[time_ns] * 9, protocol={},
        command="",
    )  # fmt: skip


def test_a_paired_speedup_with_its_verdict():
    rows = [make_row("a", "spbench", 100.0), make_row("a", "onednn", 420.0)]
    (finding,) = findings(rows, "spbench")
    assert (finding.shape, finding.layers, finding.time_ns) == ("8x4x2", 0, 100.0)
    assert finding.speedup.value == pytest.approx(4.2)
    assert finding.verdict is Verdict.FASTER


def test_without_a_baseline_that_counts_there_is_no_verdict():
    rows = [make_row("a", "spbench", 100.0), make_row("a", "onednn", 42.0, status="wrong")]
    (finding,) = findings(rows, "spbench")
    assert finding.speedup is finding.verdict is None
    assert findings(rows, "onednn") == []


def test_layers_of_one_shape_are_one_line():
    rows = [
        make_row("a", "spbench", 100.0, "m:a"),
        make_row("b", "spbench", 300.0, "m:b", "ok", 0.801),
    ]
    rows += [
        make_row("a", "onednn", 200.0, "m:a"),
        make_row("b", "onednn", 2400.0, "m:b", "ok", 0.801),
    ]
    rows += [make_row("c", "spbench", 50.0)]
    layers, shape = findings(rows, "spbench")
    assert (layers.layers, layers.time_ns, shape.layers) == (2, 200.0, 0)
    assert layers.speedup.value == pytest.approx(4.0)  # of 2 and 8


def test_subject():
    assert subject_of(["onednn", "spbench"]) == "spbench"
    assert subject_of(["numpy", "onednn"]) == "numpy"
