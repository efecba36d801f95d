"""The linear layers of a checkpoint, as problems to be measured with their own weights."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from spbench.errors import InputError
from spbench.formats import BlockShape
from spbench.formats.checkpoint import Checkpoint, LinearLayer
from spbench.pruning.record import read_record
from spbench.quantization import model_weight
from spbench.sweeps.model_source import ModelSource

_DEFAULT = BlockShape(4, 1)


@dataclass(frozen=True)
class ModelLayer:
    """One layer's weight: ``weights`` names it, ``sparsity`` is that of its s8 blocks, 0 to 1."""

    weights: str
    m: int
    k: int
    pattern: BlockShape
    sparsity: float


@dataclass(frozen=True)
class ModelLayers:
    """What a sweep measures of a model. ``note`` tells the user if the model is not pruned."""

    layers: list[ModelLayer]
    note: str = ""


def read_model_layers(
    source: ModelSource, regex: str | None, patterns: Sequence[str]
) -> ModelLayers:
    """The layers of a model whose names ``regex`` finds.

    Each layer is cut into each of ``patterns``; if there are none, into the blocks in
    which spbench pruned it, or else 4x1. Sparsity is measured after quantisation,
    block by block. Raises :class:`InputError` if the model cannot be read or no layer is left.
    """
    model = source.name
    checkpoint = Checkpoint.open(source.folder)
    record = read_record(checkpoint.folder)
    pruned_in = {layer.name: layer.pattern for layer in record.layers} if record else {}
    wanted = [one for one in checkpoint.linear_layers if re.search(regex or "", one.name)]
    if not wanted:
        what = f"whose name matches {regex!r}" if regex else "that can be measured"
        raise InputError(f"{model}: no linear layer {what}; `spbench inspect {model}` lists them")
    asked_for = [BlockShape.parse(pattern) for pattern in patterns]
    layers = [
        _measured(source, layer, pattern)
        for layer in wanted
        for pattern in asked_for or [pruned_in.get(layer.name, _DEFAULT)]
    ]
    return ModelLayers(layers, "" if record else _note(model, layers))


def _measured(source: ModelSource, layer: LinearLayer, pattern: BlockShape) -> ModelLayer:
    m, k = layer.shape
    sparsity = model_weight(f"{source.folder}:{layer.tensor}", pattern).sparsity
    return ModelLayer(f"{source.name}:{layer.tensor}", m, k, pattern, sparsity)


def _note(model: str, layers: Sequence[ModelLayer]) -> str:
    largest = max(layer.sparsity for layer in layers)
    return (
        f"{model} was not pruned by spbench; its layers have at most {largest:.0%} "
        f"of zero blocks (see `spbench prune`)"
    )
