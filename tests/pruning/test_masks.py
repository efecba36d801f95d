"""Masks: exact counts, the best stay, ties fall the same way everywhere."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from spbench.formats import BlockShape
from spbench.pruning.masks import expand, keep_best_of_all, keep_count

SIDES = st.integers(1, 8)
# Few distinct values, so that ties are common.
SCORES = hnp.arrays(np.float64, st.tuples(SIDES, SIDES), elements=st.sampled_from([0.0, 0.5, 1.0]))
COUNT = st.integers(0, 64)


@given(SCORES, COUNT)
def test_exactly_the_asked_number_of_the_best_is_kept(scores, count):
    count = min(count, scores.size)
    kept = keep_count(scores, count)
    assert kept.shape == scores.shape
    assert kept.sum() == count
    if kept.any() and not kept.all():
        assert scores[kept].min() >= scores[~kept].max()


@given(SCORES, COUNT)
def test_among_equals_the_earlier_stays(scores, count):
    kept = keep_count(scores, min(count, scores.size)).ravel()
    order = np.argsort(-scores.ravel(), kind="stable")
    assert set(np.flatnonzero(kept)) == set(order[: kept.sum()])


@given(st.lists(SCORES, min_size=1, max_size=4), COUNT)
def test_the_global_count_is_exact_over_all_layers(scores, count):
    count = min(count, sum(part.size for part in scores))
    kept = keep_best_of_all(scores, count)
    assert sum(int(part.sum()) for part in kept) == count
    assert [part.shape for part in kept] == [part.shape for part in scores]


def test_one_layer_alone_is_the_same_in_both_scopes():
    scores = np.random.default_rng(0).random((7, 5))
    np.testing.assert_array_equal(keep_best_of_all([scores], 14)[0], keep_count(scores, 14))


@given(st.data(), st.tuples(SIDES, SIDES), st.tuples(st.integers(1, 4), st.integers(1, 4)))
def test_expanding_gives_each_weight_its_blocks_verdict(data, shape, sides):
    block = BlockShape(*sides)
    mask = data.draw(hnp.arrays(bool, block.grid(*shape)))
    weights = expand(mask, block, shape)
    assert weights.shape == shape
    for i, j in np.ndindex(*shape):
        assert weights[i, j] == mask[i // block.rows, j // block.cols]


def test_blocks_that_are_not_allowed_come_last():
    scores, allowed = np.array([[9.0, 0.0], [5.0, 7.0]]), np.array([[False, True], [True, True]])
    np.testing.assert_array_equal(keep_count(scores, 2, allowed), [[False, False], [True, True]])
    np.testing.assert_array_equal(keep_count(scores, 3, allowed), allowed)
    assert keep_count(scores, 4, allowed).all()
