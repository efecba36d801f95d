"""How many blocks each layer may keep."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from spbench.errors import InputError
from spbench.pruning.masks import blocks_to_keep, keep_best_of_all
from spbench.pruning.recipes import LayerSettings


def counts_by_layer(
    sizes: Mapping[str, int], settings: Mapping[str, LayerSettings]
) -> dict[str, int]:
    """Scope ``layer``: each layer's own share. ``sizes`` counts the blocks of each layer."""
    return {
        name: _bounded(blocks_to_keep(blocks, settings[name].sparsity), blocks, settings[name])
        for name, blocks in sizes.items()
    }


def counts_by_score(
    scores: Mapping[str, np.ndarray], settings: Mapping[str, LayerSettings]
) -> dict[str, int]:
    """Scope ``global``: the best blocks of all layers with equal settings, which share a budget.

    A layer that would go beyond its bounds is held there, and the others share what is left.
    Raises :class:`InputError` where the bounds leave no way to reach the sparsity.
    """
    pools: dict[LayerSettings, dict[str, np.ndarray]] = defaultdict(dict)
    for name, found in scores.items():
        pools[settings[name]][name] = found
    counts: dict[str, int] = {}
    for given, pool in pools.items():
        counts |= _pooled(pool, given)
    return counts


def _pooled(scores: dict[str, np.ndarray], given: LayerSettings) -> dict[str, int]:
    if not given.min_sparsity <= given.sparsity <= given.max_sparsity:
        raise InputError(
            f"sparsity {given.sparsity}: not between min_sparsity {given.min_sparsity} and "
            f"max_sparsity {given.max_sparsity}"
        )
    budget = blocks_to_keep(sum(found.size for found in scores.values()), given.sparsity)
    held: dict[str, int] = {}
    while True:
        free = {name: found for name, found in scores.items() if name not in held}
        if not free:
            return held
        masks = keep_best_of_all([*free.values()], count=max(0, budget - sum(held.values())))
        counts = {name: int(mask.sum()) for name, mask in zip(free, masks, strict=True)}
        beyond = {
            name: bounded
            for name, count in counts.items()
            if (bounded := _bounded(count, scores[name].size, given)) != count
        }
        if not beyond:
            return held | counts
        # Holding those that want too much frees blocks, the others' want costs some: only the side
        # that outweighs can be held for good.
        surplus = sum(counts[name] - bounded for name, bounded in beyond.items())
        held |= {
            name: bounded
            for name, bounded in beyond.items()
            if (counts[name] > bounded) == (surplus >= 0)
        }


def _bounded(count: int, blocks: int, given: LayerSettings) -> int:
    least = blocks_to_keep(blocks, given.max_sparsity)
    return min(max(count, least), blocks_to_keep(blocks, given.min_sparsity))
