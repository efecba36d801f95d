"""Block scores against an obvious loop, and what the two norms prefer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from spbench.formats import BlockShape
from spbench.pruning.scores import block_scores, block_sizes

SIDES = st.integers(1, 9)
WEIGHTS = hnp.arrays(np.float32, st.tuples(SIDES, SIDES), elements=st.floats(-4, 4, width=32))
BLOCKS = st.builds(BlockShape, st.integers(1, 5), st.integers(1, 5))


def _loop(weight, block, norm):
    m, k = weight.shape
    scores = np.empty(block.grid(m, k))
    for i, j in np.ndindex(*scores.shape):
        rows = slice(i * block.rows, (i + 1) * block.rows)
        cols = slice(j * block.cols, (j + 1) * block.cols)
        part = weight[rows, cols].astype(np.float64)
        scores[i, j] = np.abs(part).mean() if norm == "l1" else np.sqrt((part**2).mean())
    return scores


@given(WEIGHTS, BLOCKS, st.sampled_from(["l1", "l2"]))
def test_scores_equal_the_loop(weight, block, norm):
    np.testing.assert_allclose(
        block_scores(weight, block, norm), _loop(weight, block, norm), rtol=1e-6, atol=1e-12
    )


@given(st.tuples(SIDES, SIDES), BLOCKS)
def test_sizes_add_up_to_the_matrix(shape, block):
    assert block_sizes(shape, block).sum() == shape[0] * shape[1]


def test_l1_prefers_even_blocks_and_l2_peaks():
    even, peak = [3, 3, 3, 3], [8, 0, 0, 0]
    weight = np.array([even, peak], np.float32).T
    l1, l2 = (block_scores(weight, BlockShape(4, 1), norm)[0] for norm in ("l1", "l2"))
    assert l1[0] > l1[1]
    assert l2[0] < l2[1]


def test_a_partial_block_is_not_punished_for_its_size():
    weight = np.ones((5, 1), np.float32)
    weight[4] = 2
    scores = block_scores(weight, BlockShape(4, 1), "l2")
    assert scores[1, 0] == 2 * scores[0, 0]


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_squares_neither_vanish_nor_overflow(scale):
    scores = block_scores(
        np.array([[1, 2]], np.float32) * np.float32(scale), BlockShape(1, 1), "l2"
    )
    np.testing.assert_allclose(scores, [[scale, 2 * scale]], rtol=1e-6)
