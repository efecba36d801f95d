"""Why a pruned model is not faster: zeros by element against zeros by block."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce

import numpy as np

from spbench.formats import BlockShape
from spbench.formats.block_fit import BlockFit, best_fit, block_fits, fitting_block, is_two_of_four
from spbench.formats.checkpoint import Checkpoint, LinearLayer
from spbench.pruning.sparsity import ZeroCount, stored_blocks, zero_blocks, zero_weights

_DEFAULT = BlockShape(4, 1)
_DENSE_BELOW = 0.05  # fewer zeros than this: nobody pruned the model
_FITS_ABOVE = 0.9  # this share of the zeros in whole blocks: the pattern is the model's own


class Verdict(StrEnum):
    """What the zeros of a model are worth to kernels that skip whole blocks."""

    DENSE = "dense"  # hardly any zeros
    SCATTERED = "scattered"  # zeros, but few of them in whole blocks
    BLOCKED = "blocked"  # nearly all zeros lie in whole blocks


@dataclass(frozen=True)
class IndexCost:
    """Bytes that say where a packed layer's weights belong, and its nonzero weights."""

    bytes: int = 0
    nonzeros: int = 0

    @property
    def per_nonzero(self) -> float | None:
        """Bytes of index for each nonzero weight; None without one."""
        return self.bytes / self.nonzeros if self.nonzeros else None

    def __add__(self, other: IndexCost) -> IndexCost:
        return IndexCost(self.bytes + other.bytes, self.nonzeros + other.nonzeros)


@dataclass(frozen=True)
class InspectedLayer:
    """Zeros of one linear layer, or of all of them together.

    ``index`` has the patterns that kernels exist for, ``fits`` what each of the usual block shapes
    would store; ``two_of_four`` is whether each four weights in a row hold at most two nonzeros.
    """

    name: str
    shape: tuple[int, int] | None  # None for the total
    weights: ZeroCount
    blocks: dict[BlockShape, ZeroCount]
    index: dict[BlockShape, IndexCost]
    fits: dict[BlockShape, BlockFit]
    two_of_four: bool

    @property
    def fit(self) -> BlockFit:
        """The block shape that fits the zeros (:mod:`spbench.formats.block_fit`)."""
        return best_fit(self.fits.values())


@dataclass(frozen=True)
class Inspection:
    """Zeros of a model's linear layers, by element and by block of each pattern."""

    layers: list[InspectedLayer]

    @property
    def total(self) -> InspectedLayer:
        """All layers together, each weighed by its weights and blocks."""
        patterns, packed = self.layers[0].blocks, self.layers[0].index
        return InspectedLayer(
            "total",
            None,
            sum((layer.weights for layer in self.layers), ZeroCount()),
            {p: sum((layer.blocks[p] for layer in self.layers), ZeroCount()) for p in patterns},
            {p: sum((layer.index[p] for layer in self.layers), IndexCost()) for p in packed},
            reduce(_added, (layer.fits for layer in self.layers)),
            all(layer.two_of_four for layer in self.layers),
        )

    @property
    def fitting(self) -> Counter[BlockShape]:
        """The block shapes that fit the layers' zeros one by one, by the number of layers."""
        return Counter(layer.fit.block for layer in self.layers)

    @property
    def best_blocks(self) -> BlockFit:
        """Of the shapes with more than one weight in a block the one that stores least."""
        blocks = (fit for fit in self.total.fits.values() if fit.block.size > 1)
        return min(blocks, key=lambda fit: fit.stored)

    def verdict(self, pattern: BlockShape) -> Verdict:
        """What the model's zeros are worth in this pattern."""
        elements, blocks = self.total.weights.share, self.total.blocks[pattern].share
        if elements < _DENSE_BELOW:
            return Verdict.DENSE
        return Verdict.BLOCKED if blocks >= _FITS_ABOVE * elements else Verdict.SCATTERED

    def work_bound(self, pattern: BlockShape) -> float:
        """How many times less work is left when zero blocks are skipped: 1 / (1 - s)."""
        count = self.total.blocks[pattern]
        return count.total / max(1, count.total - count.zeros)


def inspect_checkpoint(
    checkpoint: Checkpoint,
    patterns: Sequence[BlockShape] | None,
    track: Callable[[Iterable], Iterable] = iter,
) -> Inspection:
    """Count the zeros of every linear layer.

    Without ``patterns`` it is the one that fits the zeros of all layers together; 4x1 for a
    model without zeros to speak of. Raises :class:`~spbench.errors.InputError` for NaN or Inf anywhere in the checkpoint, as
    pruning does, and for a model without a linear layer.
    """
    if not checkpoint.linear_layers:
        raise checkpoint.no_linear_layer()
    checkpoint.check_finite()
    if patterns is None:
        patterns = [_fitting(checkpoint)]
    return Inspection(
        [_inspected(checkpoint, layer, patterns) for layer in track(checkpoint.linear_layers)]
    )


def _fitting(checkpoint: Checkpoint) -> BlockShape:
    fit = fitting_block(checkpoint.weight(layer) for layer in checkpoint.linear_layers)
    return fit.block if fit.zero_share >= _DENSE_BELOW else _DEFAULT


def _inspected(
    checkpoint: Checkpoint, layer: LinearLayer, patterns: Sequence[BlockShape]
) -> InspectedLayer:
    from spbench.kernels import block_shapes

    weight = checkpoint.weight(layer)
    zeros = zero_weights(weight)
    nonzeros = weight.size - zeros.zeros
    return InspectedLayer(
        layer.name,
        layer.shape,
        zeros,
        {pattern: zero_blocks(weight, pattern) for pattern in patterns},
        {
            pattern: IndexCost(_index_bytes(weight, pattern), nonzeros)
            for pattern in patterns
            if pattern in block_shapes()
        },
        block_fits(weight),
        is_two_of_four(weight),
    )


def _added(
    fits: dict[BlockShape, BlockFit], others: dict[BlockShape, BlockFit]
) -> dict[BlockShape, BlockFit]:
    return {block: fit + others[block] for block, fit in fits.items()}


def _index_bytes(weight: np.ndarray, pattern: BlockShape) -> int:
    from spbench.kernels import packed_index_bytes

    return packed_index_bytes(pattern, weight.shape[1], stored_blocks(weight, pattern))
