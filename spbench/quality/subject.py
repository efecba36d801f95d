"""What a row says about a model itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from spbench.formats.checkpoint import Checkpoint
from spbench.pruning.record import read_record
from spbench.pruning.recovery.recovery import read_recovery
from spbench.pruning.sparsity import ZeroCount, zero_weights


@dataclass(frozen=True)
class Subject:
    """How a model was made, from the records in its folder, and how many zeros it has."""

    name: str
    source: str
    pattern: str  # "dense" where spbench has not pruned it
    sparsity: float  # asked for
    sparsity_real: float
    method: str
    recovery: str

    @classmethod
    def of(cls, checkpoint: Checkpoint) -> Subject:
        """Raises :class:`InputError` for records that cannot be read."""
        record = read_record(checkpoint.folder)
        recovery = read_recovery(checkpoint.folder)
        weights = (zero_weights(checkpoint.weight(layer)) for layer in checkpoint.linear_layers)
        recipe = record.done.recipe if record else None
        return cls(
            name=Path(checkpoint.source).name or checkpoint.folder.name,
            source=checkpoint.source,
            pattern=str(recipe.pattern) if recipe else "dense",
            sparsity=recipe.sparsity if recipe else 0.0,
            sparsity_real=sum(weights, ZeroCount()).share,
            method=recipe.method if recipe else "",
            recovery=str(recovery) if recovery else "",
        )
