"""The whole of pruning: a checkpoint and a recipe in, masks and a record out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import spbench
from spbench.errors import InputError
from spbench.formats.checkpoint import Checkpoint, LinearLayer
from spbench.formats.tensor_role import Kind
from spbench.pruning.masks import expand, keep_best, keep_best_of_all
from spbench.pruning.recipes import LayerSettings, Recipe
from spbench.pruning.record import (
    RECORD_NAME,
    LeftAlone,
    PrunedLayer,
    Record,
    Step,
    Total,
    read_record,
)
from spbench.pruning.scores import block_scores
from spbench.pruning.sparsity import ZeroCount, zero_blocks, zero_weights

Track = Callable[[Iterable], Iterable]  # wraps a loop over layers to show progress


@dataclass(frozen=True, eq=False)
class Pruning:
    """What pruning decided, not yet written.

    Attributes
    ----------
    checkpoint : Checkpoint
    settings : dict
        Layer name to its settings, skipped layers left out.
    masks : dict
        Layer name to bool [block_rows, block_cols]: which blocks stay.
    record : Record
    """

    checkpoint: Checkpoint
    settings: dict[str, LayerSettings]
    masks: dict[str, np.ndarray]
    record: Record

    def pruned_bits(self) -> Iterator[tuple[str, np.ndarray]]:
        """Each pruned tensor's name and new bits; what stays keeps its exact bits and dtype."""
        for name, mask in self.masks.items():
            layer = self.checkpoint.layer(name)
            bits = self.checkpoint.tensors[layer.tensor].bits()
            bits[~expand(mask, self.settings[name].pattern, layer.shape)] = 0
            yield layer.tensor, bits

    def save(
        self, target: Path, force: bool = False, finish: Callable[[Path], None] | None = None
    ) -> None:
        """Write the pruned folder, complete or not at all; ``force`` replaces an earlier one.

        ``finish`` may add to the folder before it takes its name.

        Raises :class:`InputError` where it may not or cannot be written,
        :class:`RunError` when the disk is full.
        """
        self.checkpoint.check_target(target, RECORD_NAME, force)
        self.checkpoint.save(
            target, self.pruned_bits(), {RECORD_NAME: self.record.to_json()}, finish
        )


def prune(checkpoint: Checkpoint, recipe: Recipe, track: Track = iter) -> Pruning:
    """Decide by magnitude which blocks of each linear layer stay (one shot, no training).

    Raises :class:`InputError` for NaN or Inf anywhere in the checkpoint and
    where no layer is left to prune.
    """
    wanted = {layer.name: recipe.settings(layer.name) for layer in checkpoint.linear_layers}
    settings = {name: given for name, given in wanted.items() if given is not None}
    if not wanted:
        raise checkpoint.no_linear_layer()
    if not settings:
        raise InputError(f"{checkpoint.source}: the recipe skips all of its linear layers")
    checkpoint.check_finite()
    layers = [layer for layer in checkpoint.linear_layers if layer.name in settings]
    masks = _find_masks(checkpoint, layers, settings, recipe.scope, track)
    measured = [
        _measure(layer, checkpoint.weight(layer), settings[layer.name], masks[layer.name])
        for layer in layers
    ]
    return Pruning(checkpoint, settings, masks, _record(checkpoint, recipe, measured))


def _find_masks(
    checkpoint: Checkpoint,
    layers: list[LinearLayer],
    settings: dict[str, LayerSettings],
    scope: str,
    track: Track,
) -> dict[str, np.ndarray]:
    """One mask a layer; in scope ``global``, layers with equal settings share their budget."""
    masks = {}
    pools: dict[LayerSettings, dict[str, np.ndarray]] = defaultdict(dict)
    for layer in track(layers):
        given = settings[layer.name]
        scores = block_scores(checkpoint.weight(layer), given.pattern, given.norm)
        if scope == "global":
            pools[given][layer.name] = scores
        else:
            masks[layer.name] = keep_best(scores, given.sparsity)
    for given, scores in pools.items():
        masks |= zip(scores, keep_best_of_all([*scores.values()], given.sparsity), strict=True)
    return masks


@dataclass(frozen=True)
class _Measured:
    """A layer's numbers as counts and sums, which add up."""

    layer: PrunedLayer
    weights: ZeroCount
    blocks: ZeroCount
    energy: float
    energy_kept: float


def _measure(
    layer: LinearLayer, weight: np.ndarray, given: LayerSettings, mask: np.ndarray
) -> _Measured:
    pruned = np.where(expand(mask, given.pattern, layer.shape), weight, np.float32(0))
    weights, blocks = zero_weights(pruned), zero_blocks(pruned, given.pattern)
    before, after = _energy(weight), _energy(pruned)
    numbers = PrunedLayer(
        name=layer.name,
        shape=layer.shape,
        pattern=given.pattern,
        norm=given.norm,
        sparsity=given.sparsity,
        element_sparsity=weights.share,
        block_sparsity=blocks.share,
        blocks=mask.size,
        blocks_kept=int(mask.sum()),
        partial_blocks=not given.pattern.divides(*layer.shape),
        energy_kept=_share(after, before),
    )
    return _Measured(numbers, weights, blocks, before, after)


def _energy(weight: np.ndarray) -> float:
    return float(np.square(weight, dtype=np.float64).sum())


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 1.0


def _record(checkpoint: Checkpoint, recipe: Recipe, measured: list[_Measured]) -> Record:
    earlier = read_record(checkpoint.folder)
    weights = sum((one.weights for one in measured), ZeroCount())
    energy, kept = sum(one.energy for one in measured), sum(one.energy_kept for one in measured)
    return Record(
        done=Step(spbench_version=spbench.__version__, source=checkpoint.source, recipe=recipe),
        total=Total(
            weights=weights.total,
            element_sparsity=weights.share,
            block_sparsity=sum((one.blocks for one in measured), ZeroCount()).share,
            energy_kept=_share(kept, energy),
        ),
        layers=[one.layer for one in measured],
        left_alone=_left_alone(checkpoint, {one.layer.name for one in measured}),
        not_copied=checkpoint.stale_files(),
        history=(*earlier.history, earlier.done) if earlier else (),
    )


def _left_alone(checkpoint: Checkpoint, pruned: set[str]) -> list[LeftAlone]:
    kept = []
    for name, role in checkpoint.roles.items():
        if role.kind is not Kind.LINEAR:
            kept.append(LeftAlone(name=name, kind=role.kind, reason=role.reason))
        elif name.removesuffix(".weight") not in pruned:
            kept.append(LeftAlone(name=name, kind="skipped", reason="on request"))
    return kept
