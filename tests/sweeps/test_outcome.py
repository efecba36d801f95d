"""When a sweep has failed, although it went on to its end."""

import pytest
from synthetic_runs import absent, row

from spbench.errors import RunError
from spbench.store.schema import Status
from spbench.sweeps.outcome import remarks, require_results, require_sound


def test_one_result_is_enough_unless_a_number_is_wrong():
    good, lost = row("spbench"), absent("onednn", Status.FAILED, "killed")
    require_results([good, lost])
    wrong = absent("numpy", Status.WRONG, "Y[0, 0] is 1, not 2")
    with pytest.raises(RunError, match=r"1 wrong result, the first: numpy on .*Y\[0, 0\]"):
        require_results([good, wrong])


def test_no_result_at_all_says_why():
    rows = [absent("spbench", Status.FAILED, "no memory")] * 2
    rows += [absent("onednn", Status.UNAVAILABLE, "pip install it")]
    with pytest.raises(RunError) as caught:
        require_results(rows)
    assert str(caught.value) == (
        "no backend has a result: spbench: failed in 2 cases: no memory; "
        "onednn: unavailable in 1 case: pip install it"
    )
    with pytest.raises(RunError, match="nothing was run"):
        require_results([])


def test_one_case_is_sound_if_nobody_failed():
    require_sound([row("spbench"), absent("onednn", Status.UNSUPPORTED, "odd M")])
    with pytest.raises(RunError, match="onednn is failed: killed"):
        require_sound([row("spbench"), absent("onednn", Status.FAILED, "killed")])
    with pytest.raises(RunError, match="no backend has a result: onednn"):
        require_sound([absent("onednn", Status.UNSUPPORTED, "odd M")])


def test_every_reason_of_each_backend_and_status_is_told_with_its_count():
    reasons = ["crash", "odd M", "crash"]
    assert remarks([absent("a", Status.FAILED, reason) for reason in reasons]) == [
        "a: failed in 3 cases: crash (in 2); odd M (in 1)"
    ]
    (line,) = remarks([absent("a", Status.FAILED, f"reason {letter}") for letter in "abcdef"])
    assert line.endswith("; and 2 other reasons")


def test_remarks_that_differ_in_their_numbers_only_are_one():
    rows = [row("a", reason=f"disturbed for {share}% of the time") for share in (13, 27)]
    assert remarks(rows) == ["a: ok in 2 cases: disturbed for ...% of the time"]
