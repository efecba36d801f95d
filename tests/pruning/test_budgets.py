"""Budgets: exact over all layers, within every layer's bounds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spbench.errors import InputError
from spbench.formats import BlockShape
from spbench.pruning.budgets import counts_by_layer, counts_by_score
from spbench.pruning.masks import blocks_to_keep
from spbench.pruning.recipes import LayerSettings
from spbench.pruning.schedule import Schedule

SHARE = st.floats(0, 0.99)


def _settings(sparsity, low=0.0, high=1.0):
    return LayerSettings(BlockShape(4, 1), sparsity, "l2", low, high)


@given(st.data(), st.lists(st.integers(1, 40), min_size=1, max_size=5), SHARE, SHARE, SHARE)
def test_the_pool_is_spent_within_the_bounds(data, sizes, one, two, three):
    low, sparsity, high = sorted((one, two, three))
    scales = data.draw(st.lists(st.sampled_from([0.01, 1, 100]), min_size=5, max_size=5))
    generator = np.random.default_rng(0)
    scores = {f"l{i}": generator.random(size) * scales[i] for i, size in enumerate(sizes)}
    counts = counts_by_score(scores, dict.fromkeys(scores, _settings(sparsity, low, high)))
    least = {name: blocks_to_keep(found.size, high) for name, found in scores.items()}
    most = {name: blocks_to_keep(found.size, low) for name, found in scores.items()}
    assert all(least[name] <= counts[name] <= most[name] for name in scores)
    budget = blocks_to_keep(sum(sizes), sparsity)
    # Rounding each layer's bounds may leave no way to spend exactly the budget.
    assert sum(counts.values()) == min(max(budget, sum(least.values())), sum(most.values()))


def test_layers_of_small_scores_give_to_those_of_large_ones_down_to_their_bound():
    scores = {"small": np.full(100, 1.0), "large": np.full(100, 2.0)}
    free = counts_by_score(scores, dict.fromkeys(scores, _settings(0.5)))
    assert free == {"small": 0, "large": 100}
    held = counts_by_score(scores, dict.fromkeys(scores, _settings(0.5, 0.2, 0.7)))
    assert held == {"small": 30, "large": 70}


def test_bounds_hold_by_layer_too():
    assert counts_by_layer({"a": 10}, {"a": _settings(0.9, 0.0, 0.6)}) == {"a": 4}


def test_bounds_that_leave_no_way_are_refused():
    with pytest.raises(InputError, match="not between min_sparsity 0.6 and max_sparsity 0.9"):
        counts_by_score({"a": np.ones(3)}, {"a": _settings(0.5, 0.6, 0.9)})


@pytest.mark.parametrize("curve", ["linear", "cubic", "cosine", "exp"])
def test_a_schedule_rises_and_ends_exactly(curve):
    steps = Schedule(curve=curve, steps=5).sparsities(0.83)
    assert len(steps) == 5
    assert steps == sorted(steps)
    assert steps[-1] == 0.83
    assert steps[0] > 0
