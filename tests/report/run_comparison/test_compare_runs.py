"""Two runs compared: false alarms, slowdowns that are seen, what is refused and what is said."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic_runs import absent, row
from two_runs import repeats, rows, run, written

from spbench.errors import InputError
from spbench.measure.statistics import Verdict
from spbench.report.run_comparison.cell import Cell
from spbench.report.run_comparison.change import Change, Estimate, estimates, judge
from spbench.report.run_comparison.compare import compare_runs
from spbench.report.run_comparison.gate import breaches
from spbench.report.run_comparison.log_time import log_time
from spbench.report.run_comparison.student import quantile, two_sided_p
from spbench.store.schema import Status

pytest.importorskip("scipy")


def verdicts(comparison):
    return [change.verdict for change in comparison.changes]


def estimated(a, b):
    cells = [Cell.of([one], [other], adjusted=True) for one, other in zip(a, b, strict=True)]
    return estimates(cells)


def test_a_time_over_the_controls_is_free_of_the_machine():
    slow, fast = (rows(1, cases=1, machine=factor)[0] for factor in (1.3, 1.0))
    assert log_time(slow, adjusted=True).value == pytest.approx(log_time(fast, True).value)
    assert log_time(slow, False).value == pytest.approx(log_time(fast, False).value + np.log(1.3))


def test_the_error_of_a_median_is_about_that_of_a_normal_one():
    found = [log_time(each, False) for each in rows(1, cases=200, rounds=50, noise=0.01)]
    assert np.mean([time.error for time in found]) == pytest.approx(
        1.2533 * 0.01 / np.sqrt(50), rel=0.2
    )


@pytest.mark.parametrize("shared", [0.0, 0.005])
def test_two_equal_runs_raise_hardly_an_alarm(shared):
    """The intervals hold 1 as often as they say, and verdicts are rarer still."""
    held, means_held, count = 0, 0, 60
    for seed in range(count):
        a, b = rows(2 * seed, shared=shared), rows(2 * seed + 1, shared=shared)
        found, mean = estimated(a, b)
        intervals = [estimate.interval() for estimate in found]
        held += sum(each.low <= 1 <= each.high for each in intervals)
        means_held += mean.interval.low <= 1 <= mean.interval.high
    assert held / (30 * count) > 0.985
    assert means_held / count > 0.95


def test_two_equal_sweeps_of_100_cases_are_undecided(tmp_path):
    a, b = (run(tmp_path / str(seed), seed, cases=100) for seed in (1, 2))
    found = verdicts(compare_runs(str(a), str(b)))
    assert found.count(Verdict.UNDECIDED) >= 99


def test_repeats_of_equal_runs_are_undecided(tmp_path):
    how = {"shared": 0.02, "own": 0.01}
    a, b = (repeats(tmp_path, seeds, **how) for seeds in ((1, 2, 3), (4, 5, 6)))
    comparison = compare_runs(a, b)
    assert verdicts(comparison).count(Verdict.UNDECIDED) == 30
    assert "repeats (3 of A, 3 of B)" in comparison.basis


@given(st.integers(0, 10_000), st.integers(0, 2))
def test_halves_of_one_run_differ_in_nothing(seed, offset):
    """A against A: every other round of the same rows."""
    whole = rows(seed, cases=12, rounds=40, own=0.0)
    halves = [
        [
            each.model_copy(
                update={
                    "samples_ns": each.samples_ns[(start + offset) % 2 :: 2],
                    "control_samples_ns": each.control_samples_ns[(start + offset) % 2 :: 2],
                }
            )
            for each in whole
        ]
        for start in (0, 1)
    ]
    found, _ = estimated(*halves)
    assert sum(estimate.likelier()[1] < 0.001 for estimate in found) == 0


@given(st.integers(0, 10_000), st.floats(0.5, 2))
def test_swapping_the_sides_turns_everything_round(seed, factor):
    a, b = rows(seed, cases=8), rows(seed + 1, cases=8, factor=lambda *_: factor)
    there, back = estimated(a, b), estimated(b, a)
    for one, other in zip(there[0], back[0], strict=True):
        assert one.interval().low == pytest.approx(1 / other.interval().high)
        assert one.likelier()[1] == pytest.approx(other.likelier()[1])
    assert there[1].interval.value == pytest.approx(1 / back[1].interval.value)


def test_a_slowdown_of_everything_is_seen(tmp_path):
    """The shift that all cases have in common is not subtracted, with repeats or without."""
    slow = {"factor": lambda *_: 1.10}
    single = compare_runs(str(run(tmp_path / "a", 1)), str(run(tmp_path / "b", 2, **slow)))
    several = compare_runs(repeats(tmp_path, (3, 4, 5)), repeats(tmp_path, (6, 7, 8), **slow))
    for comparison in (single, several):
        assert verdicts(comparison) == [Verdict.SLOWER] * 30
        assert comparison.means[0].verdict is Verdict.SLOWER
        assert comparison.means[0].interval.value == pytest.approx(1 / 1.1, rel=0.01)


def test_a_slower_machine_is_no_slower_code_and_is_told_apart(tmp_path):
    a, b = run(tmp_path / "a", 1), run(tmp_path / "b", 2, machine=1.10)
    comparison = compare_runs(str(a), str(b))
    assert set(verdicts(comparison)) == {Verdict.UNDECIDED}
    assert comparison.adjusted and not comparison.warnings
    machine = comparison.machine[0]
    assert machine.interval.value == pytest.approx(1 / 1.1, rel=0.01)
    assert machine.b_ns / machine.a_ns == pytest.approx(1.1, rel=0.01)


def test_one_case_that_changed_is_found_among_many(tmp_path):
    a = run(tmp_path / "a", 1)
    b = run(tmp_path / "b", 2, factor=lambda case, _: 0.8 if case == 7 else 1.0)
    comparison = compare_runs(str(a), str(b))
    changed = [i for i, found in enumerate(verdicts(comparison)) if found is Verdict.FASTER]
    assert changed == [7]
    assert set(verdicts(comparison)) == {Verdict.FASTER, Verdict.UNDECIDED}


def test_a_backend_that_changed_does_not_blur_the_others(tmp_path):
    how = {"backends": ("spbench", "onednn"), "cases": 20}
    a = run(tmp_path / "a", 1, **how)
    b = run(tmp_path / "b", 2, factor=lambda _, name: 0.5 if name == "spbench" else 1.0, **how)
    comparison = compare_runs(str(a), str(b))
    by_backend = {mean.backend: mean for mean in comparison.means}
    assert by_backend["spbench"].verdict is Verdict.FASTER
    assert by_backend["onednn"].verdict is Verdict.UNDECIDED
    assert by_backend["onednn"].interval.high < 1.1
    only = compare_runs(str(a), str(b), ["onednn"])
    assert {change.cell.backend for change in only.changes} == {"onednn"}


def test_too_few_cases_decide_nothing(tmp_path):
    """With one run each and three cases, nobody knows how far runs lie apart."""
    a = run(tmp_path / "a", 1, cases=3)
    b = run(tmp_path / "b", 2, cases=3, factor=lambda *_: 1.10)
    comparison = compare_runs(str(a), str(b))
    assert set(verdicts(comparison)) == {Verdict.UNDECIDED}


def test_without_control_times_are_raw_and_that_is_said(tmp_path):
    a = run(tmp_path / "a", 1, control=None)
    b = run(tmp_path / "b", 2, machine=1.10)
    comparison = compare_runs(str(a), str(b))
    assert not comparison.adjusted and not comparison.machine
    assert comparison.warnings[0].startswith("RAW TIMES")
    assert set(verdicts(comparison)) == {Verdict.SLOWER}


def test_a_row_without_control_among_others_is_left_out(tmp_path):
    a = run(tmp_path / "a", 1)
    made = rows(2)
    made[4] = made[4].model_copy(update={"control_samples_ns": None})
    b = written(tmp_path / "b", made)
    comparison = compare_runs(str(a), str(b))
    assert comparison.adjusted and len(comparison.changes) == 29
    assert [each.reason for each in comparison.not_compared] == ["no control kernel in its rounds"]


def test_another_control_kernel_is_no_common_measure(tmp_path):
    a, b = run(tmp_path / "a", 1), run(tmp_path / "b", 2, control="another")
    assert not compare_runs(str(a), str(b)).adjusted


def test_cases_of_one_run_only_are_listed(tmp_path):
    a, b = run(tmp_path / "a", 1, cases=10), run(tmp_path / "b", 2, cases=12)
    found = compare_runs(str(a), str(b)).not_compared
    assert [each.reason for each in found] == ["only in B", "only in B"]
    assert found[0].case == "176x768x128 80 %"


def test_a_row_that_failed_is_listed_with_its_reason(tmp_path):
    a = written(tmp_path / "a", [row("spbench", 10.0), row("onednn", 10.0)])
    b = written(
        tmp_path / "b",
        [row("spbench", 10.0), absent("onednn", Status.FAILED, "it crashed")],
    )
    found = compare_runs(str(a), str(b)).not_compared
    assert [(each.backend, each.reason) for each in found] == [("onednn", "B: failed: it crashed")]


@pytest.mark.parametrize(
    ("change", "remark"),
    [
        ({"lost_share": 0.2}, "disturbed: other processes had its core for 20% of the time"),
        ({"samples_ns": [1e5] * 7}, "fewer than 8 rounds"),
    ],
)
def test_what_no_verdict_can_rest_on_is_undecided_with_a_remark(tmp_path, change, remark):
    a, made = run(tmp_path / "a", 1), rows(2)
    doubled = [2 * sample for sample in made[3].samples_ns]
    made[3] = made[3].model_copy(update={"samples_ns": doubled} | change)
    comparison = compare_runs(str(a), str(written(tmp_path / "b", made)))
    assert comparison.changes[3].verdict is Verdict.UNDECIDED
    assert comparison.changes[3].cell.remark == remark
    assert remark in comparison.warnings[0]
    assert comparison.means[0].cases == 29
    others = [change.estimate.change for change in comparison.changes if not change.cell.remark]
    assert comparison.means[0].estimate.change == pytest.approx(np.mean(others))
    assert not breaches(comparison.changes, comparison.means, 0.0)


def test_different_machines_are_refused_with_what_differs(tmp_path):
    a = run(tmp_path / "a", 1)
    b = run(tmp_path / "b", 2, host="beef", facts={"cpu_model": "Other CPU"})
    with pytest.raises(InputError, match=r"CPU Example EP-1 \(AMD\) \| Other CPU") as refused:
        compare_runs(str(a), str(b))
    assert "--across-machines" in str(refused.value) and "\n" not in str(refused.value)
    comparison = compare_runs(str(a), str(b), across_machines=True)
    assert not comparison.adjusted
    assert comparison.warnings == [
        "different machines: raw times are compared, not adjusted by a control"
    ]
    assert str(comparison.differences[0]) == "CPU: Example EP-1 (AMD) in A, Other CPU in B"


def test_machines_are_compared_one_with_one(tmp_path):
    both = [*rows(1, cases=2), *rows(2, cases=2, host="beef")]
    a, b = written(tmp_path / "a", both), run(tmp_path / "b", 3, host="cafe")
    with pytest.raises(InputError, match="from 2 machines"):
        compare_runs(str(a), str(b), across_machines=True)


def test_a_run_on_several_machines_is_compared_machine_by_machine(tmp_path):
    paths = []
    for seed in (1, 2):
        both = [*rows(seed), *rows(seed + 10, host="beef")]
        paths.append(str(written(tmp_path / str(seed), both)))
    comparison = compare_runs(*paths)
    assert len(comparison.changes) == 60
    assert [mean.host for mean in comparison.means] == ["f00d", "beef"]
    assert len(comparison.machine) == 2


def test_one_machine_of_many_is_compared_with_a_local_run(tmp_path):
    both = [*rows(1, host="f00d@genoa-1"), *rows(11, host="beef@milan-1")]
    fleet, local = written(tmp_path / "fleet", both), run(tmp_path / "local", 2)
    comparison = compare_runs(f"{fleet}@f00d@genoa-1", str(local))
    assert len(comparison.changes) == 30 and comparison.adjusted
    assert [mean.host for mean in comparison.means] == ["f00d"]
    with pytest.raises(InputError, match=r"no rows yet of cafe; it has beef@milan-1, f00d@genoa-1"):
        compare_runs(f"{fleet}@cafe", str(local))
    with pytest.raises(InputError, match="are from different machines"):
        compare_runs(f"{fleet}@beef@milan-1", str(local))


def test_versions_protocol_and_code_paths_that_differ_are_noted(tmp_path):
    a = run(tmp_path / "a", 1, cases=2, protocol={"rounds": 20, "calls": 3})
    b = run(
        tmp_path / "b",
        2,
        cases=2,
        protocol={"rounds": 30, "calls": 4},
        isa="avx2",
        facts={"spbench_version": "0.2.0", "date": "2027-01-01"},
    )
    assert [str(each) for each in compare_runs(str(a), str(b)).differences] == [
        "spbench: 0.1.0 in A, 0.2.0 in B",
        "protocol, rounds: 20 in A, 30 in B (in 2 of the compared)",
        "spbench, isa: avx512vnni in A, avx2 in B (in 2 of the compared)",
    ]


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        ("{0}", "{0}", "are the same run"),
        ("{0},{0}", "{1}", "are the same run"),
        ("{0},", "{1}", "a path is empty"),
        ("{0},{2}", "{1}", "another sweep"),
        ("{0}", "nowhere", "no such run folder"),
        ("{0}", "{3}", "has no rows yet"),
        ("{0}", "{4}", "no case has times"),
    ],
)
def test_bad_input_is_refused(tmp_path, a, b, words):
    runs = [
        run(tmp_path / "0", 1, cases=2),
        run(tmp_path / "1", 2, cases=2),
        run(tmp_path / "2", 3, cases=2, sweep={"name": "other"}),
        written(tmp_path / "3", []),
        written(tmp_path / "4", [absent("spbench", Status.FAILED, "crashed")]),
    ]
    with pytest.raises(InputError, match=words):
        compare_runs(a.format(*runs), b.format(*runs))


def test_an_unknown_backend_is_refused_with_the_known(tmp_path):
    a, b = run(tmp_path / "0", 1, cases=2), run(tmp_path / "1", 2, cases=2)
    with pytest.raises(InputError, match="no backend 'nunpy' in these runs: spbench"):
        compare_runs(str(a), str(b), ["nunpy"])


def test_the_gate_wants_the_whole_interval_beyond(tmp_path):
    a, b = run(tmp_path / "a", 1), run(tmp_path / "b", 2, factor=lambda *_: 1.10)
    comparison = compare_runs(str(a), str(b))
    found = breaches(comparison.changes, comparison.means, 0.03)
    assert found[0].what == "spbench, geometric mean of 30"
    assert found[0].interval.value == pytest.approx(0.1, abs=0.01)
    assert found[0].interval.low > 0.03
    assert not breaches(comparison.changes, comparison.means, 0.10)


def test_the_gate_names_the_case(tmp_path):
    a = run(tmp_path / "a", 1)
    b = run(tmp_path / "b", 2, factor=lambda case, _: 1.5 if case == 2 else 1.0)
    comparison = compare_runs(str(a), str(b))
    found = breaches(comparison.changes, comparison.means, 0.05)
    assert [breach.what for breach in found] == ["spbench, 48x768x128 80 %"]
    assert str(found[0]).startswith("spbench, 48x768x128 80 %: +")


def test_the_gate_is_shut_for_equal_runs():
    """Even at 0 %: 60 pairs of equal runs, at most one of which may trip it."""
    tripped = 0
    for seed in range(60):
        found, mean = estimated(rows(2 * seed), rows(2 * seed + 1))
        confidence = 1 - 0.005 / len(found)
        tripped += any(each.interval(confidence).high < 1 for each in found)
        tripped += mean.estimate.interval(0.995).high < 1
    assert tripped <= 1


def test_the_gate_is_shut_where_one_token_moves_farther_than_many():
    """A quarter of the cases moves six times as far from run to run: no spread fits both."""
    tripped, held, count = 0, 0, 30
    for seed in range(0, 2 * count, 2):
        a, b = (
            rows(each) + rows(each + 1000, cases=10, n=1, own=0.03) for each in (seed, seed + 1)
        )
        cells = [Cell.of([one], [other], True) for one, other in zip(a, b, strict=True)]
        found, mean = estimates(cells)
        changes = judge(cells, found)
        tripped += bool(breaches(changes, [mean], 0.0))
        held += sum(each.interval.low <= 1 <= each.interval.high for each in changes[30:])
    assert tripped <= 1
    assert held / (10 * count) > 0.98


@pytest.mark.parametrize(
    ("estimate", "p_value"),
    [
        (Estimate(0.005, 0.001, 10), 1.0),  # within the indifference zone
        (Estimate(0.5, 0.1, 0), 1.0),  # nothing is known of the error
        (Estimate(0.5, 0.0, 5), 0.0),
    ],
)
def test_p_values_at_the_edges(estimate, p_value):
    assert estimate.likelier() == (Verdict.SLOWER, p_value)


def test_the_p_value_is_that_of_the_interval():
    for change in (0.03, 0.05, 0.0455, 0.06):
        estimate = Estimate(change, 0.01, 8.0)
        beyond = estimate.interval(0.99).high < 1 / 1.01
        assert (estimate.likelier()[1] < 0.01) == beyond


def test_student_as_in_the_tables():
    assert quantile(0.99, 10) == pytest.approx(3.169, abs=1e-3)
    assert two_sided_p(3.169, 10) == pytest.approx(0.01, abs=1e-5)
    assert (quantile(0.99, 0), two_sided_p(9.0, 0)) == (np.inf, 1.0)


def with_p(p_value):
    """An estimate of a slowdown with this p-value, on a million degrees of freedom."""
    beyond = quantile(1 - p_value, 1e6)
    return Estimate(np.log(1.01) + 0.01 * beyond, 0.01, 1e6)


@pytest.mark.parametrize(("p_value", "seen"), [(0.005, False), (0.0002, True)])
def test_one_verdict_among_many_has_to_be_surer(p_value, seen):
    cells = [Cell.of([one], [one], adjusted=True) for one in rows(1)]
    found = judge(cells, [with_p(p_value), *[Estimate(0.0, 0.01, 1e6)] * 29])
    assert (found[0].verdict is Verdict.SLOWER) == seen
    assert found[0].interval.high < 1 / 1.01  # its own interval, which is not corrected


def test_the_gate_is_surer_than_a_single_interval():
    cells = [Cell.of([one], [one], adjusted=True) for one in rows(1)]
    changes = [Change(cell, with_p(0.005), Verdict.UNDECIDED) for cell in cells]
    assert not breaches(changes, [], 0.01)
    changes[3] = Change(cells[3], with_p(0.0001), Verdict.SLOWER)
    assert len(breaches(changes, [], 0.01)) == 1


def test_what_the_rounds_explain_shrinks_with_repeats():
    one, other = rows(1, cases=1)[0], rows(2, cases=1)[0]
    errors = [log_time(each, True).error ** 2 for each in (one, other)]
    cell = Cell.of([one, other], [one], adjusted=True)
    assert cell.rounds_variance == pytest.approx(sum(errors) / 4 + errors[0])
