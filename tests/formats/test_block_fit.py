"""The block shape that fits zeros: found again from the zeros alone, and what it keeps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spbench.formats import BlockShape, BlockSparseMatrix
from spbench.formats.block_fit import (
    CANDIDATES,
    BlockFit,
    best_fit,
    block_fits,
    fitting_block,
    is_two_of_four,
)

SHAPES = [str(block) for block in CANDIDATES]


def pruned(block: str, sparsity: float, shape: tuple[int, int] = (192, 256), seed: int = 0):
    """Weights [M, K] of which whole blocks are zero, at random places."""
    generator = np.random.default_rng(seed)
    shape_of = BlockShape.parse(block)
    kept = generator.random(shape_of.grid(*shape)) >= sparsity
    mask = np.kron(kept, np.ones((shape_of.rows, shape_of.cols), bool))[: shape[0], : shape[1]]
    return (generator.normal(size=shape) * mask).astype(np.float32)


@pytest.mark.parametrize("block", SHAPES)
@pytest.mark.parametrize("sparsity", [0.5, 0.8, 0.9])
def test_the_blocks_of_a_pruner_are_found_again(block, sparsity):
    found = fitting_block([pruned(block, sparsity)])
    assert str(found.block) == block
    assert found.kept_zeros == pytest.approx(0, abs=0.01)


def test_a_few_weights_that_vanished_by_themselves_change_nothing():
    weight = pruned("4x1", 0.8)
    weight[np.random.default_rng(1).random(weight.shape) < 0.02] = 0
    assert str(fitting_block([weight]).block) == "4x1"


def test_several_layers_are_judged_together_and_one_by_itself():
    layers = [pruned("16x1", 0.8), pruned("4x1", 0.8, (768, 768))]
    assert str(fitting_block(layers).block) == "4x1"
    assert str(fitting_block(layers[:1]).block) == "16x1"


def test_without_a_shape_that_fits_the_one_that_stores_least_is_chosen():
    scattered = pruned("1x1", 0.9)
    blocks = [BlockShape(16, 4), BlockShape(4, 1)]
    found = fitting_block([scattered], blocks)
    assert found.block == BlockShape(4, 1)
    assert found.zero_share == pytest.approx(0.9, abs=0.01)
    assert found.stored_share == pytest.approx(1 - 0.9**4, abs=0.02)
    assert found.kept_zeros == pytest.approx((1 - 0.9**4 - 0.1) / 0.9, abs=0.02)


@given(
    st.integers(1, 40), st.integers(1, 40), st.sampled_from(SHAPES), st.integers(0, 99)
)  # edges that no block divides
def test_stores_what_a_block_sparse_matrix_stores(m, k, block, seed):
    weight = pruned("1x1", 0.8, (m, k), seed)
    fit = BlockFit.of(weight, BlockShape.parse(block))
    matrix = BlockSparseMatrix.from_dense(weight, fit.block)
    assert (fit.stored, fit.weights) == (matrix.stored_weights, m * k)
    assert fit.sparsity == pytest.approx(matrix.sparsity)


def test_nothing_but_zeros_and_no_zeros_at_all():
    for value in (0.0, 1.0):
        fits = block_fits(np.full((16, 16), value))
        assert {fit.stored for fit in fits.values()} == {256 * value}
        assert str(best_fit(fits.values()).block) == "16x4"
        assert all(fit.kept_zeros == 0 for fit in fits.values())


def test_fits_of_different_shapes_do_not_add_up():
    four, one = (BlockFit.of(np.ones((4, 4)), BlockShape.parse(each)) for each in ("4x1", "1x1"))
    with pytest.raises(ValueError, match="4x1 and 1x1"):
        four + one


def test_two_of_four_is_seen():
    generator = np.random.default_rng(3)
    scores = generator.random((32, 16, 4))
    weight = np.where(scores >= np.sort(scores, axis=2)[..., 2:3], scores, 0).reshape(32, 64)
    assert is_two_of_four(weight)
    assert str(fitting_block([weight]).block) == "1x1"
    weight[0, :4] = 1
    assert not is_two_of_four(weight)
    assert is_two_of_four(np.pad(weight[1:], ((0, 0), (0, 3)), constant_values=1))
