"""The line about a latency limit says at how many lengths, and how much more."""

from synthetic_models import absent_model, model_row

from spbench.report.models.limit_verdict import limit_lines
from spbench.report.models.study import ModelStudy
from spbench.store.schema import Status

LIMIT = {"latency_limit_ns": 20e6}


def line_of(*rows):
    (line,) = limit_lines(ModelStudy(rows).limited)
    return line


def test_ratios_are_over_the_best_other_of_each_length():
    line = line_of(
        model_row(tokens=32, throughput=900, **LIMIT),
        model_row("torch-f32", tokens=32, throughput=100, **LIMIT),
        model_row("deepsparse", tokens=32, throughput=300, **LIMIT),
        model_row("spbench-dense", tokens=32, throughput=800, **LIMIT),
        model_row(tokens=64, throughput=400, **LIMIT),
        model_row("deepsparse", tokens=64, throughput=500, **LIMIT),
    )
    assert line == (
        "bert-base  within 20.0 ms (90 %, 4x1 blocks): spbench at 2 of 2 lengths,"
        " 0.80x to 3.00x the sequences/s of the best other at 2"
    )


def test_where_no_other_is_within_the_limit_that_is_said():
    none = absent_model("deepsparse", Status.OK, "no setting", tokens=32, **LIMIT)
    assert line_of(model_row(tokens=32, **LIMIT), none).endswith(
        "spbench at 1 of 1 length, no other runtime at 1"
    )
    alone = line_of(model_row(tokens=32, **LIMIT))
    assert alone.endswith("spbench at 1 of 1 length")


def test_only_the_highest_sparsity_speaks():
    line = line_of(
        model_row(sparsity=0.8, **LIMIT),
        absent_model("spbench", Status.OK, "no setting", sparsity=0.9, **LIMIT),
    )
    assert line.endswith("(90 %, 4x1 blocks): spbench at none of 1 length")
