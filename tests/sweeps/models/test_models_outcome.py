"""What is said of runtimes apart from their times is said once."""

from synthetic_models import absent_model, model_row

from spbench.store.schema import Status
from spbench.sweeps.models.outcome import remarks


def test_remarks_that_differ_in_their_numbers_are_one_line():
    rows = [
        model_row(case_id=f"case{lost}", reason=f"disturbed: others had its core for {lost}%")
        for lost in (12, 34)
    ]
    (line,) = remarks(rows)
    assert line == "spbench: ok in 2 cases: disturbed: others had its core for ...%"


def test_what_did_not_run_and_what_has_a_handicap():
    absent = absent_model("torch-f32", Status.UNAVAILABLE, "pip install torch", handicaps="")
    slow = model_row("onnxruntime-int8", handicaps="16-bit sums saturate")
    assert remarks([absent, slow]) == [
        "torch-f32: unavailable in 1 case: pip install torch",
        "onnxruntime-int8: handicap in 1 case: 16-bit sums saturate",
    ]
