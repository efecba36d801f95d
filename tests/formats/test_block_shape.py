"""Block shapes: what is read, what is refused, and blocks larger than the matrix."""

from __future__ import annotations

import numpy as np
import pytest

from spbench.errors import InputError
from spbench.formats import BlockShape, BlockSparseMatrix
from spbench.formats.block_shape import MAX_STORED
from spbench.formats.block_sparse_matrix import to_blocks
from spbench.formats.side import MAX_SIDE
from spbench.pruning.masks import expand

HUGE = BlockShape(MAX_SIDE, MAX_SIDE)


def test_reads_what_it_writes():
    assert BlockShape.parse(" 4X1 ") == BlockShape(4, 1)
    assert BlockShape.parse("0004x01") == BlockShape(4, 1)
    assert BlockShape.parse(str(HUGE)) == HUGE


@pytest.mark.parametrize(
    "text",
    ["", "4", "4x", "x1", "4x1x1", "0x4", "4x0", "-4x1", "4.0x1", "\N{ARABIC-INDIC DIGIT FOUR}x1",
     f"{MAX_SIDE + 1}x1", "9" * 21 + "x1", "9" * 5000 + "x1"],
)  # fmt: skip
def test_refuses_anything_else(text):
    with pytest.raises(InputError, match="block shape"):
        BlockShape.parse(text)


@pytest.mark.parametrize("sides", [(0, 1), (1, -1), (MAX_SIDE + 1, 1)])
def test_sides_are_checked_however_it_is_made(sides):
    with pytest.raises(InputError, match="both sides"):
        BlockShape(*sides)


@pytest.mark.parametrize("block", [HUGE, BlockShape(MAX_SIDE, 2), BlockShape(3, MAX_SIDE)])
def test_a_block_larger_than_the_matrix_takes_no_more_memory_than_the_matrix(block):
    weight = np.arange(1, 36, dtype=np.float32).reshape(5, 7)
    blocks = to_blocks(weight, block)
    assert blocks.shape[:2] == block.grid(5, 7)
    assert blocks.size <= 2 * weight.size
    assert blocks.sum() == weight.sum()
    mask = np.zeros(block.grid(5, 7), bool)
    assert expand(mask, block, (5, 7)).shape == (5, 7)


def test_a_stored_block_has_its_full_size_and_a_bound():
    weight = np.arange(1, 7, dtype=np.int8).reshape(2, 3)
    matrix = BlockSparseMatrix.from_dense(weight, BlockShape(4, 5))
    assert matrix.data.shape == (1, 4, 5)
    assert matrix.stored_weights == 6
    np.testing.assert_array_equal(matrix.to_dense(), weight)
    with pytest.raises(InputError, match="more than 65536 weights"):
        BlockSparseMatrix.from_dense(weight, BlockShape(MAX_STORED + 1, 1))
