"""The choice of sparsities: the optimum of the curves, within the budget."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spbench.errors import InputError
from spbench.formats import BlockShape
from spbench.pruning.costs import TimeCosts, TimeCurve
from spbench.pruning.options import Option, choose

LEVELS = (0.0, 0.5, 0.9)


def _options(scale, weights=100.0, power=2):
    return [Option(s, (1 - s) * weights, scale * s**power) for s in LEVELS]


def _loss(options, chosen):
    total = 0.0
    for name, sparsity in chosen.items():
        found = options[name]
        total += np.interp(sparsity, [o.sparsity for o in found], [o.loss for o in found])
    return total


@given(st.lists(st.floats(0.01, 10), min_size=1, max_size=3), st.floats(0.15, 1))
def test_no_choice_of_whole_levels_within_the_budget_is_better(scales, share):
    options = {f"l{i}": _options(scale) for i, scale in enumerate(scales)}
    budget = share * 100 * len(scales)
    chosen = choose(options, budget)
    spent = sum((1 - sparsity) * 100 for sparsity in chosen.values())
    assert spent == pytest.approx(budget)
    for levels in itertools.product(LEVELS, repeat=len(scales)):
        if sum((1 - s) * 100 for s in levels) <= budget:
            assert _loss(options, chosen) <= _loss(options, dict(zip(options, levels))) + 1e-9


def test_the_layer_that_minds_keeps_more():
    chosen = choose({"minds": _options(10), "bears": _options(0.1)}, 100)
    assert chosen["minds"] < chosen["bears"]


def test_a_level_that_costs_more_for_no_less_loss_is_never_chosen():
    options = [Option(0.0, 100, 0.0), Option(0.5, 100, 0.3), Option(0.8, 40, 0.4)]
    assert choose({"a": options}, 100) == {"a": 0.0}


def test_too_small_a_budget_is_refused_with_what_it_lacks():
    with pytest.raises(InputError, match=r"still cost 2\.00 times what is wanted"):
        choose({"a": _options(1)}, 5)


def test_times_lie_between_measured_ones_and_never_above_dense():
    curve = TimeCurve((0.7, 0.9), (300.0, 100.0), 500.0)
    assert [curve.time_ns(s) for s in (0.7, 0.8, 0.9)] == pytest.approx([300, 200, 100])
    assert curve.time_ns(0.95) == pytest.approx(50)
    assert curve.time_ns(0.1) == 500
    costs = TimeCosts("run", {((8, 8), BlockShape(4, 1)): curve})
    with pytest.raises(InputError, match="run: no times of 8x9 in 4x1"):
        costs.dense((8, 9), BlockShape(4, 1))
