"""spbench.json: what was done to a model, kept beside its weights."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from spbench.formats.file_name import FileName
from spbench.formats.record_file import RecordPart, read_record_file
from spbench.pruning.calibration.sample import SampleFacts
from spbench.pruning.recipes import Pattern, Recipe
from spbench.pruning.scores import Norm

RECORD_NAME = "spbench.json"
SCHEMA = 1


class PrunedLayer(RecordPart):
    """One layer as it was written. Sparsities and shares run from 0 to 1."""

    name: str  # without ".weight"
    shape: tuple[int, int]  # M output channels, K input channels
    pattern: Pattern
    norm: Norm
    sparsity: float  # asked for, in blocks
    element_sparsity: float
    block_sparsity: float
    blocks: int
    blocks_kept: int  # zero blocks of the input may be among them
    partial_blocks: bool  # the pattern does not divide the shape
    energy_kept: float  # share of the dense weights' sum of squares; 1 if they were all zero
    loss: float | None = None  # on the calibration text: see Moments.error
    updated: bool = False  # kept weights and the bias changed


class Total(RecordPart):
    """The pruned layers together, each weighed by its weights, blocks or energy."""

    weights: int
    element_sparsity: float
    block_sparsity: float
    energy_kept: float


class LeftAlone(RecordPart):
    """A tensor that was not pruned."""

    name: str
    kind: str
    reason: str


class Step(RecordPart):
    """One pruning: of which model, by which recipe, with which spbench."""

    spbench_version: str
    source: FileName
    recipe: Recipe


class Record(RecordPart):
    """All of spbench.json. ``history`` holds earlier prunings of the same weights, oldest first."""

    schema_version: int = SCHEMA
    done: Step
    total: Total
    layers: tuple[PrunedLayer, ...]
    left_alone: tuple[LeftAlone, ...]
    sample: SampleFacts | None = None  # the calibration text that the method looked at
    not_copied: tuple[FileName, ...] = ()  # weights in other formats, which were still unpruned
    history: tuple[Step, ...] = ()

    @property
    def collapsed(self) -> list[str]:
        """Layers that lost every block."""
        return [layer.name for layer in self.layers if layer.block_sparsity == 1]

    @property
    def partial(self) -> list[str]:
        """Layers that the pattern does not divide, so that blocks at their edge are partial."""
        return [layer.name for layer in self.layers if layer.partial_blocks]

    def left_alone_by_kind(self) -> dict[str, tuple[int, list[str]]]:
        """Kind to how many tensors were left alone, and the reasons that occur."""
        reasons = defaultdict(list)
        for tensor in self.left_alone:
            reasons[tensor.kind].append(tensor.reason)
        return {kind: (len(given), sorted(set(given))) for kind, given in reasons.items()}


def read_record(folder: Path) -> Record | None:
    """The record in a model's folder; None where spbench did not write the model.

    Raises :class:`~spbench.errors.InputError` for a file that is not a record of this version.
    """
    return read_record_file(folder / RECORD_NAME, Record)
