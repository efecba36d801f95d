"""Variances between runs: right on average, moderated, robust, and never without need."""

from __future__ import annotations

import numpy as np
import pytest

from spbench.report.run_comparison.spread import TAIL_DEGREES, from_cases, from_repeats

pytest.importorskip("scipy")

CASES = 40


def simulated(random, runs, shared=0.0, own=0.01, noisy=()):
    """Logarithms of times, [cases, runs]."""
    scales = np.full((CASES, 1), own)
    scales[list(noisy)] *= 10
    return random.normal(0, shared, runs) + random.normal(0, 1, (CASES, runs)) * scales


def many(shared, own, runs=3, times=200):
    random = np.random.default_rng(1)
    none = np.zeros(CASES)
    return [
        from_repeats(
            simulated(random, runs, shared, own), simulated(random, runs, shared, own), none
        )
        for _ in range(times)
    ]


@pytest.mark.parametrize("shared", [0.0, 0.02])
def test_repeats_give_the_true_variances_on_average(shared):
    found = many(shared, own=0.01)
    truth = 2 / 3 * (shared**2 + 0.01**2)
    mean_truth = 2 / 3 * (shared**2 + 0.01**2 / CASES)
    assert np.mean([spread.variances for spread in found]) == pytest.approx(truth, rel=0.15)
    assert np.mean([spread.mean_variance for spread in found]) == pytest.approx(
        mean_truth, rel=0.15
    )


def test_degrees_of_freedom_are_those_of_the_part_that_dominates():
    assert np.mean([spread.degrees.mean() for spread in many(0.0, 0.01)]) > 50
    assert np.mean([spread.degrees.mean() for spread in many(0.1, 0.01)]) < 5
    assert many(0.1, 0.01, times=1)[0].mean_degrees == 4


def test_a_case_that_scatters_ten_times_as_much_is_not_taken_for_a_quiet_one():
    random = np.random.default_rng(2)
    spread = from_repeats(
        simulated(random, 4, noisy=[7]), simulated(random, 4, noisy=[7]), np.zeros(CASES)
    )
    quiet = np.delete(spread.variances, 7)
    assert spread.variances[7] > 10 * np.median(quiet)
    assert spread.degrees.max() < 60


def test_one_repeated_side_is_enough():
    random = np.random.default_rng(3)
    spread = from_repeats(simulated(random, 5), simulated(random, 1), np.zeros(CASES))
    assert np.mean(spread.variances) == pytest.approx(1.2e-4, rel=0.3)


def test_one_case_alone_has_the_degrees_of_its_repeats():
    spread = from_repeats(np.array([[0.0, 0.01, 0.02]]), np.array([[0.0, 0.01]]), np.zeros(1))
    assert spread.degrees[0] == pytest.approx(3)
    squares = 2 * 0.01**2 + 2 * 0.005**2
    assert spread.variances[0] == pytest.approx(squares / 3 * (1 / 3 + 1 / 2))


def test_the_rounds_are_a_lower_bound():
    rounds = np.full(CASES, 0.5)
    same = np.zeros((CASES, 2))
    spread = from_repeats(same, same, rounds)
    assert (spread.variances == 0.5).all()
    assert spread.mean_variance == pytest.approx(0.5 / CASES)
    assert (spread.degrees == 2).all()


def test_the_spread_over_cases_holds_when_a_fifth_of_them_changed():
    random = np.random.default_rng(4)
    own = 0.01 * np.sqrt(2)
    found = []
    for _ in range(200):
        changes = random.normal(0.1, own, CASES)
        changes[: CASES // 5] += 0.5
        found.append(from_cases(changes, np.zeros(CASES)).variances[0])
    # own, and as much again for what a whole run shares; the changed fifth adds a little
    assert 2 * own**2 < np.mean(found) < 5 * own**2


def test_what_the_rounds_explain_is_not_counted_twice():
    random = np.random.default_rng(5)
    rounds = np.full(CASES, 0.01**2)
    spread = from_cases(random.normal(0, 0.01, CASES), rounds)
    assert spread.variances.max() < 3.5 * 0.01**2


@pytest.mark.parametrize(("cases", "degrees"), [(1, 0.0), (2, 0.37), (101, 37.0)])
def test_few_cases_say_little(cases, degrees):
    """And of a single case many do not say more than its heavy tails allow."""
    spread = from_cases(np.linspace(0, 0.01, cases), np.zeros(cases))
    assert spread.degrees == pytest.approx(min(degrees, TAIL_DEGREES))
    assert spread.mean_degrees == pytest.approx(degrees)


def test_each_kind_has_a_spread_of_its_own():
    random = np.random.default_rng(6)
    kinds = np.arange(2000) % 4 == 0
    changes = random.normal(0, np.where(kinds, 0.03, 0.005))
    spread = from_cases(changes, np.zeros(2000), kinds)
    for kind, own in ((True, 0.03), (False, 0.005)):
        assert spread.variances[kinds == kind] == pytest.approx(2 * own**2, rel=0.3)
    assert spread.mean_variance == pytest.approx((0.25 * 0.03**2 + 0.75 * 0.005**2), rel=0.3)
    assert spread.mean_degrees == pytest.approx(0.37 * 1998)


def test_a_case_that_is_alone_of_its_kind_is_not_judged_by_the_others():
    spread = from_cases(np.linspace(0, 0.01, 10), np.zeros(10), np.arange(10) == 3)
    assert spread.degrees[3] == 0
    assert np.delete(spread.degrees, 3) == pytest.approx(0.37 * 8)


def test_repeats_by_hand():
    """Two cases, two runs a side: A moves by 0.02 in one case, B not at all."""
    spread = from_repeats(np.array([[0.0, 0.02], [0.0, 0.0]]), np.zeros((2, 2)), np.zeros(2))
    shared = 2 * 0.005**2 / 2  # of the means 0 and 0.01, over two degrees of freedom
    own = 2 * 0.005**2  # residuals of -0.005 and 0.005, half of whose freedom the means took
    assert spread.variances == pytest.approx([shared + own / 2] * 2)
    assert spread.mean_variance == pytest.approx(shared)


def test_the_spread_over_cases_by_hand():
    spread = from_cases(np.array([-0.01, 0.0, 0.01]) + 0.3, np.full(3, 1e-5))
    squared = (1.4826 * 0.01 * 3 / 2.2) ** 2
    own = squared - 1e-5
    assert spread.variances == pytest.approx([squared + own + 1e-5] * 3)
    assert spread.mean_variance == pytest.approx(squared + (own + 1e-5) / 3)
