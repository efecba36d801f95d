"""The forms that a layer's weight can be multiplied in, and what each is expected to cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spbench.formats import BlockShape
from spbench.kernels import block_shapes

_CLEAR = 1.3
"""Costs that differ by more than this are not measured: on Zen 4 estimates err by less."""
_WORTH_SKIPPING = 0.02
_SAME = 1.02  # of stored weights: the zeros are as good as those of the larger block


@dataclass(frozen=True)
class WeightForm:
    """Stored as blocks, or (``block`` None) as a whole.

    Attributes
    ----------
    block : BlockShape or None
    sparsity : float
        Share of the weights that are not stored, with what groups and edges are padded by.
    cost : float
        Relative to a dense product: a group of four channels takes a step for each of its rows and
        another to bring its channels together.
    """

    block: BlockShape | None
    sparsity: float
    cost: float

    @property
    def name(self) -> str:
        """``"dense"`` or the block shape."""
        return "dense" if self.block is None else str(self.block)


DENSE = WeightForm(None, 0.0, 1.0)


def candidate_forms(weight: np.ndarray) -> list[WeightForm]:
    """The forms of W s8 [M, K] that may be the fastest, the cheapest by estimate first.

    One form alone is clearly the fastest. Of blocks that fit the zeros equally well the largest is
    taken: it needs the fewest indices.
    """
    forms = [_form(block, 4 * count / weight.size) for block, count in _groups(weight).items()]
    sparse = [
        form
        for form in forms
        if form.sparsity > _WORTH_SKIPPING and not any(_replaces(other, form) for other in forms)
    ]
    found = sorted([*sparse, DENSE], key=lambda form: form.cost)
    return [form for form in found if form.cost <= _CLEAR * found[0].cost]


def _form(block: BlockShape, groups: float) -> WeightForm:
    """``groups`` counts channels of groups, for each weight of the matrix."""
    return WeightForm(block, 1 - groups * block.rows, groups * (block.rows + 1))


def _replaces(other: WeightForm, form: WeightForm) -> bool:
    """Whether ``other`` has larger blocks of which ``form``'s are parts, and stores no more."""
    large, small = other.block, form.block
    return (
        large != small
        and large.rows % small.rows == 0 == large.cols % small.cols
        and 1 - other.sparsity <= _SAME * (1 - form.sparsity)
    )


def _groups(weight: np.ndarray) -> dict[BlockShape, int]:
    """How many groups of four channels each block shape stores: kernels' unit of work."""
    blocks = block_shapes()
    rows, cols = (max(sides) for sides in zip(*((b.rows, b.cols) for b in blocks), strict=True))
    m, k = weight.shape
    if m % rows or k % cols:
        weight = np.pad(weight, ((0, -m % rows), (0, -k % cols)))
    any_of = {1: np.ascontiguousarray(weight)}
    groups = {}
    for block in sorted(blocks):
        if block.rows not in any_of:
            largest = max(any_of)
            parts = any_of[largest].reshape(-1, block.rows // largest, weight.shape[1])
            any_of[block.rows] = np.bitwise_or.reduce(parts, axis=1)
        marks = any_of[block.rows].view(np.dtype(f"u{block.cols}"))
        groups[block] = int((-(-np.count_nonzero(marks, axis=1) * block.cols // 4)).sum())
    return groups
