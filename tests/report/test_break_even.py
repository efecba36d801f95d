"""Break-even: where the fits meet, how sure that is, and what is beyond what was measured."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from synthetic_runs import row

from spbench.measure.statistics import Interval, Verdict
from spbench.report.break_even import BreakEven
from spbench.report.case import group_cases
from spbench.report.study import studies


def shape(dense_ns, fixed_ns, by_weight_ns, sparsities=(0.7, 0.8, 0.9), noise=0.02, **changes):
    """A shape whose sparse times lie on a line."""
    rows = []
    for sparsity in sparsities:
        luck = int(1e4 * sparsity)
        time_ns = fixed_ns + by_weight_ns * (1 - sparsity)
        changes |= {"sparsity": sparsity}
        rows += [
            row("spbench", time_ns, noise, luck=luck, **changes),
            row("onednn", dense_ns, noise, luck=luck + 1, **changes),
        ]
    return rows


def only_one(rows):
    (found,) = studies(group_cases(rows), "onednn")[0].break_evens
    return found


def test_between_measured_sparsities():
    """200 + 1000 (1 - s) is 450 at 75 %."""
    found = only_one(shape(450.0, 200.0, 1000.0))
    assert found.shape == (768, 768, 128)
    assert found.interval.value == pytest.approx(0.75)
    assert 0.73 < found.interval.low < 0.75 < found.interval.high < 0.77
    assert found.line.time_ns(0.75) == pytest.approx(450)
    assert (found.measured, found.bracket) == ((0.7, 0.9), (0.7, 0.8))
    assert str(found).startswith("75 % [")


def test_the_change_of_layout_moves_it():
    """200 + 1000 (1 - s) and 50 of layout against 450 and 100: 550 ns are met at 70 %."""
    rows = [
        each.model_copy(update={"layout_ns": 50.0 if each.backend == "spbench" else 100.0})
        for each in shape(450.0, 200.0, 1000.0, (0.5, 0.7, 0.8, 0.9))
    ]
    study = studies(group_cases(rows), "onednn")[0]
    (alone,), (found,) = study.break_evens, study.break_evens_with_layout
    assert alone.interval.value == pytest.approx(0.75)
    assert found.dense_ns == pytest.approx(550)
    assert found.line.time_ns(0.7) == pytest.approx(550)
    assert found.interval.value == pytest.approx(0.7)


def test_exact_times_give_an_exact_answer():
    assert str(only_one(shape(450.0, 200.0, 1000.0, noise=0.0))) == "75 % [75, 75]"


def test_two_sparsities_are_enough():
    text = str(only_one(shape(450.0, 200.0, 1000.0, (0.7, 0.8), noise=0.0)))
    assert text == "fit 75 % [75, 75]; two sparsities, which test no line"


def test_below_what_was_measured_is_said_to_be_a_guess_of_the_fit():
    """200 + 1000 (1 - s) is 900 at 30 %."""
    text = str(only_one(shape(900.0, 200.0, 1000.0)))
    assert text.startswith("below 70 % (lowest measured); fit 30 % [2")


def test_above_what_was_measured_is_said_too():
    text = str(only_one(shape(250.0, 200.0, 1000.0, noise=0.0)))
    assert text == "above 90 % (highest measured); fit 95.0 % [95.0, 95.0]"


def test_what_pays_without_any_zeros():
    text = str(only_one(shape(2000.0, 200.0, 1000.0)))
    assert text == "below 70 % (lowest measured); fit at any sparsity"


@pytest.mark.parametrize(("fixed_ns", "by_weight_ns"), [(200.0, 1000.0), (900.0, -500.0)])
def test_what_never_pays(fixed_ns, by_weight_ns):
    """Dearer than dense with nothing stored; or not even falling with sparsity."""
    found = only_one(shape(150.0, fixed_ns, by_weight_ns))
    assert str(found) == "above 90 % (highest measured); fit: none up to 100 %"


@pytest.mark.parametrize(
    ("dense_ns", "edge", "told"),
    [
        (910.0, 0.3, "around 30 % (lowest measured, undecided there); fit 29 % ["),
        (248.0, 0.95, "around 95 % (highest measured, undecided there); fit 95.2 % ["),
    ],
)
def test_beyond_an_undecided_edge_nothing_is_said_to_lie(dense_ns, edge, told):
    """The value lies beyond the edge, its interval does not; nobody knows on which side it is."""
    middle = (0.5, 0.7, 0.8)
    found = only_one(shape(dense_ns, 200.0, 1000.0, sorted((*middle, edge)), noise=0.03))
    at_edge = next(each for each in found.points if each.case.sparsity == edge)
    assert at_edge.verdict is Verdict.UNDECIDED
    assert found.extrapolated and str(found).startswith(told)


def test_an_edge_that_no_interval_covers_has_to_be_decided_too():
    """Too few rounds for a verdict: the fit may be as sure as it likes."""
    rows = shape(900.0, 200.0, 1000.0, rounds=7)
    assert str(only_one(rows)).startswith(
        "around 70 % (lowest measured, undecided there); fit 30 %"
    )


def test_what_is_measured_to_pay_without_zeros_is_believed_and_not_the_fit():
    """Faster at 0 %, while a line through the others meets dense at 16 %."""
    rows = shape(1000.0, 159.0, 1000.0, (0.2, 0.5, 0.8), noise=0.001)
    rows += shape(1000.0, 900.0, 0.0, (0.0,), noise=0.001)
    found = only_one(rows)
    assert found.pays_without_zeros
    assert str(found) == "pays without any zeros"
    alone = only_one(shape(1000.0, 900.0, 0.0, (0.0,)))
    assert str(alone) == "pays without any zeros (the only one measured)"


@pytest.mark.parametrize(("high", "contradicted"), [(1.02, True), (1.6, False)])
def test_an_undecided_case_speaks_against_a_fit_that_it_does_not_hold(high, contradicted):
    """At 90 % the line is 1.5 times as fast as dense."""
    found = only_one(shape(450.0, 200.0, 1000.0, noise=0.0))
    undecided = replace(
        found.points[-1], interval=Interval(0.98, 1.0, high), verdict=Verdict.UNDECIDED
    )
    assert BreakEven([*found.points[:-1], undecided]).contradicted == contradicted


def test_what_may_never_pay_has_an_open_interval():
    found = only_one(shape(210.0, 200.0, 1000.0, noise=0.1))
    assert found.interval.high > 1
    assert str(found).endswith(", none]")


@pytest.mark.parametrize(
    ("dense_ns", "text"),
    [(900.0, "below 80 %"), (100.0, "above 80 %"), (400.0, "undecided at 80 %")],
)
def test_one_sparsity_gives_a_bracket_only(dense_ns, text):
    found = only_one(shape(dense_ns, 200.0, 1000.0, (0.8,)))
    assert found.interval is found.line is None
    assert str(found) == f"{text} (the only one measured)"


def test_one_sparsity_measured_twice_is_still_one():
    rows = shape(900.0, 200.0, 1000.0, (0.8,)) + [
        each.model_copy(update={"case_id": "again", "seed": 1})
        for each in shape(900.0, 210.0, 1000.0, (0.8,))
    ]
    assert str(only_one(rows)) == "below 80 % (the only one measured)"


def test_a_bend_widens_the_interval():
    """500, 400, 350 ns: without the first point 450 ns are met at 70 %, without the second later."""
    bent = shape(450.0, 200.0, 1000.0, (0.7, 0.8), noise=0.0)
    bent += shape(450.0, 250.0, 1000.0, (0.9,), noise=0.0)
    interval = only_one(bent).interval
    assert (interval.low, interval.high) == pytest.approx((0.7, 1 - 0.7 / 3))


def test_measured_cases_are_believed_and_not_a_line_that_contradicts_them():
    """A step, as a kernel that is chosen by sparsity makes it: it is faster from 80 % on."""
    times = {0.5: 1000.0, 0.6: 990.0, 0.7: 980.0, 0.8: 300.0, 0.9: 290.0, 0.95: 280.0}
    rows = []
    for sparsity, time_ns in times.items():
        rows.append(row("spbench", time_ns, sparsity=sparsity))
        rows.append(row("onednn", 320.0, sparsity=sparsity))
    found = only_one(rows)
    assert found.contradicted
    assert str(found).startswith("between 70 % and 80 %; the times at the measured")


def test_the_rival_is_the_fastest_dense_backend_of_each_case():
    rows = shape(900.0, 200.0, 1000.0)
    rows += [row("numpy", 450.0, sparsity=sparsity) for sparsity in (0.7, 0.8)]
    rows += [row("scipy-csr", 1.0, sparsity=sparsity) for sparsity in (0.7, 0.8)]
    found = only_one(rows)
    assert found.rivals == {"numpy": 2, "onednn": 1}
    assert found.dense_ns == pytest.approx((450 + 450 + 900) / 3)


def test_disturbed_cases_and_models_are_left_out():
    rows = shape(900.0, 200.0, 1000.0)
    rows[0] = rows[0].model_copy(update={"lost_share": 0.5})
    assert only_one(rows + shape(900.0, 200.0, 1000.0, weights="m:a")).measured == (0.8, 0.9)


def test_each_shape_and_number_of_tokens_has_its_own():
    rows = shape(450.0, 200.0, 1000.0) + shape(450.0, 200.0, 1000.0, n=1)
    found = studies(group_cases(rows), "onednn")[0].break_evens
    assert [each.shape for each in found] == [(768, 768, 1), (768, 768, 128)]


def test_the_interval_covers_as_often_as_it_says():
    generator = np.random.default_rng(0)
    hits = 0
    for _ in range(100):
        rows = []
        for sparsity in (0.7, 0.8, 0.9):
            for backend, time_ns in (("spbench", 200 + 1000 * (1 - sparsity)), ("onednn", 450.0)):
                times = time_ns * generator.lognormal(0, 0.05, 30)
                changes = {"samples_ns": list(times), "time_ns": float(np.median(times))}
                rows.append(row(backend, sparsity=sparsity).model_copy(update=changes))
        found = only_one(rows).interval
        hits += found.low <= 0.75 <= found.high
    assert hits >= 97
