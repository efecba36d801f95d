"""Which blocks stay, and which weights that means."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spbench.formats import BlockShape


def blocks_to_keep(blocks: int, sparsity: float) -> int:
    """``round((1 - sparsity) * blocks)``: the exact count, in a layer or in a pool of layers."""
    return round((1 - sparsity) * blocks)


def keep_count(scores: np.ndarray, count: int, allowed: np.ndarray | None = None) -> np.ndarray:
    """Mask of the ``count`` best blocks: bool, the shape of ``scores``.

    Blocks that are not ``allowed``, bool of that shape, come behind all others; scores are then
    0 or above.

    Among equal scores the earlier block (row by row) is kept, so that the same
    weights give the same mask on every machine.
    """
    flat = (scores if allowed is None else np.where(allowed, scores, -1.0)).ravel()
    if count == 0:
        return np.zeros(scores.shape, bool)
    threshold = np.partition(flat, flat.size - count)[flat.size - count]
    kept = flat > threshold
    ties = np.flatnonzero(flat == threshold)
    kept[ties[: count - int(kept.sum())]] = True
    return kept.reshape(scores.shape)


def keep_best_of_all(scores: Sequence[np.ndarray], count: int) -> list[np.ndarray]:
    """Masks over several layers that share one budget of ``count`` blocks (scope ``global``).

    The count is exact over all of them together; a layer whose weights are
    small may lose all its blocks.
    """
    kept = keep_count(np.concatenate([part.ravel() for part in scores]), count)
    ends = np.cumsum([part.size for part in scores])
    parts = np.split(kept, ends[:-1])
    return [part.reshape(like.shape) for part, like in zip(parts, scores, strict=True)]


def expand(mask: np.ndarray, block: BlockShape, shape: tuple[int, int]) -> np.ndarray:
    """Mask of blocks [block_rows, block_cols] to a mask of weights, bool [M, K]."""
    block = block.clipped(*shape)
    weights = np.repeat(np.repeat(mask, block.rows, axis=0), block.cols, axis=1)
    return weights[: shape[0], : shape[1]]
