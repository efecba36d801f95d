"""Why a pruned model is not faster: zeros by element against zeros by block."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from spbench.formats import BlockShape
from spbench.formats.checkpoint import Checkpoint
from spbench.pruning.sparsity import ZeroCount, stored_blocks, zero_blocks, zero_weights

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

    ``index`` has the patterns that kernels exist for.
    """

    name: str
    shape: tuple[int, int] | None  # None for the total
    weights: ZeroCount
    blocks: dict[BlockShape, ZeroCount]
    index: dict[BlockShape, IndexCost]


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
        )

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
    patterns: Sequence[BlockShape],
    track: Callable[[Iterable], Iterable] = iter,
) -> Inspection:
    """Count the zeros of every linear layer.

    Raises :class:`~spbench.errors.InputError` for NaN or Inf anywhere in the checkpoint, as
    pruning does, and for a model without a linear layer.
    """
    if not checkpoint.linear_layers:
        raise checkpoint.no_linear_layer()
    checkpoint.check_finite()
    from spbench.kernels import block_shapes

    layers = []
    for layer in track(checkpoint.linear_layers):
        weight = checkpoint.weight(layer)
        blocks = {pattern: zero_blocks(weight, pattern) for pattern in patterns}
        nonzeros = weight.size - zero_weights(weight).zeros
        index = {
            pattern: IndexCost(_index_bytes(weight, pattern), nonzeros)
            for pattern in patterns
            if pattern in block_shapes()
        }
        layers.append(InspectedLayer(layer.name, layer.shape, zero_weights(weight), blocks, index))
    return Inspection(layers)


def _index_bytes(weight: np.ndarray, pattern: BlockShape) -> int:
    from spbench.kernels import packed_index_bytes

    return packed_index_bytes(pattern, weight.shape[1], stored_blocks(weight, pattern))
