"""Masks: exact counts, the best stay, ties fall the same way everywhere."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from spbench.formats import BlockShape
from spbench.pruning.masks import blocks_to_keep, expand, keep_best, keep_best_of_all

SIDES = st.integers(1, 8)
# Few distinct values, so that ties are common.
SCORES = hnp.arrays(np.float64, st.tuples(SIDES, SIDES), elements=st.sampled_from([0.0, 0.5, 1.0]))
SPARSITY = st.floats(0, 0.999)


@given(SCORES, SPARSITY)
def test_exactly_the_asked_number_of_the_best_is_kept(scores, sparsity):
    kept = keep_best(scores, sparsity)
    assert kept.shape == scores.shape
    assert kept.sum() == blocks_to_keep(scores.size, sparsity)
    if kept.any() and not kept.all():
        assert scores[kept].min() >= scores[~kept].max()


@given(SCORES, SPARSITY)
def test_among_equals_the_earlier_stays(scores, sparsity):
    kept = keep_best(scores, sparsity).ravel()
    order = np.argsort(-scores.ravel(), kind="stable")
    assert set(np.flatnonzero(kept)) == set(order[: kept.sum()])


@given(st.lists(SCORES, min_size=1, max_size=4), SPARSITY)
def test_the_global_count_is_exact_over_all_layers(scores, sparsity):
    kept = keep_best_of_all(scores, sparsity)
    total = sum(part.size for part in scores)
    assert sum(int(part.sum()) for part in kept) == blocks_to_keep(total, sparsity)
    assert [part.shape for part in kept] == [part.shape for part in scores]


def test_one_layer_alone_is_the_same_in_both_scopes():
    scores = np.random.default_rng(0).random((7, 5))
    np.testing.assert_array_equal(keep_best_of_all([scores], 0.6)[0], keep_best(scores, 0.6))


@given(st.data(), st.tuples(SIDES, SIDES), st.tuples(st.integers(1, 4), st.integers(1, 4)))
def test_expanding_gives_each_weight_its_blocks_verdict(data, shape, sides):
    block = BlockShape(*sides)
    mask = data.draw(hnp.arrays(bool, block.grid(*shape)))
    weights = expand(mask, block, shape)
    assert weights.shape == shape
    for i, j in np.ndindex(*shape):
        assert weights[i, j] == mask[i // block.rows, j // block.cols]
