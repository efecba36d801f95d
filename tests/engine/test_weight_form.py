"""Which forms are worth trying for a weight."""

from __future__ import annotations

import numpy as np
import pytest

from spbench.engine.weight_form import candidate_forms
from spbench.formats import BlockSparseMatrix
from spbench.kernels import PackedWeight, block_shapes


def pruned(shape: tuple[int, int], block: tuple[int, int], sparsity: float) -> np.ndarray:
    generator = np.random.default_rng(0)
    kept = generator.random((-(-shape[0] // block[0]), -(-shape[1] // block[1]))) >= sparsity
    weight = generator.integers(1, 127, shape, np.int8)
    return weight * np.kron(kept, np.ones(block, np.int8))[: shape[0], : shape[1]]


@pytest.mark.parametrize("block", block_shapes(), ids=str)
def test_a_pruned_weight_has_the_form_of_its_blocks(block):
    weight = pruned((64, 96), (block.rows, block.cols), 0.8)
    best = candidate_forms(weight)[0]
    assert best.block == block
    expected = BlockSparseMatrix.from_dense(weight, block).sparsity
    padding = 3 * 64 / weight.size  # a block row's last group may have three channels of zeros
    assert expected - padding <= best.sparsity <= expected + 1e-9


@pytest.mark.parametrize("shape", [(50, 37), (1, 5), (17, 4)])
def test_blocks_at_the_edge_count_as_kernels_store_them(shape):
    for form in candidate_forms(pruned(shape, (1, 1), 0.5)):
        if form.block is not None:
            matrix = BlockSparseMatrix.from_dense(pruned(shape, (1, 1), 0.5), form.block)
            stored = PackedWeight.pack(matrix).weights.size
            assert form.sparsity == pytest.approx(1 - stored / (shape[0] * shape[1]))


def test_nothing_to_skip_is_dense():
    for sparsity in (0.0, 0.01):
        assert [each.name for each in candidate_forms(pruned((256, 64), (4, 1), sparsity))] == [
            "dense"
        ]


def test_a_little_sparsity_leaves_a_doubt():
    names = [each.name for each in candidate_forms(pruned((64, 96), (4, 1), 0.15))]
    assert set(names) == {"dense", "4x1"}


def test_scattered_zeros_are_worth_blocks_of_one():
    assert candidate_forms(pruned((64, 96), (1, 1), 0.8))[0].name == "1x1"
