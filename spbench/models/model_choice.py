"""MODEL on the command line: a YAML file with sizes, a Hugging Face folder, or a package."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from spbench.errors import InputError
from spbench.formats import BlockShape
from spbench.formats.checkpoint import Checkpoint
from spbench.formats.encoder import Encoder, EncoderConfig
from spbench.models.model_config import ModelConfig
from spbench.models.random_model import encoder_config
from spbench.pruning.record import Record, read_record
from spbench.pruning.sparsity import ZeroCount, zero_weights

DENSE = "dense"
_YAMLS = Path("configs", "models")


@dataclass(frozen=True)
class Pruned:
    """Blocks (``"4x1"``, or ``"dense"``) and the share of them that is zero."""

    pattern: str
    sparsity: float

    def __str__(self) -> str:
        return self.pattern if self.pattern == DENSE else f"{self.pattern} {self.sparsity:.0%}"


UNPRUNED = Pruned(DENSE, 0.0)


@dataclass(frozen=True)
class ModelChoice:
    """A model that was asked for.

    Attributes
    ----------
    name : str
        For people: of the YAML; of a folder or package its last part, of what spbench pruned that
        of the model before.
    source : str
        What the user said.
    config : ModelConfig or None
        Of a YAML file: the weights are random.
    as_it_is : Pruned
        What the folder holds.
    """

    name: str
    source: str
    encoder: EncoderConfig
    config: ModelConfig | None
    as_it_is: Pruned

    @classmethod
    def find(cls, source: str) -> ModelChoice:
        """Raises :class:`InputError` for what is no encoder that spbench knows."""
        if Path(source).suffix in (".yaml", ".yml"):
            config = ModelConfig.read(source)
            return cls(config.name, source, encoder_config(config), config, UNPRUNED)
        try:
            checkpoint = Checkpoint.open(source)
        except InputError as error:
            raise InputError(f"{error}{_meant(source)}") from error
        encoder = Encoder.of(checkpoint).config
        record = read_record(checkpoint.folder)
        name = _last_part(_first_source(record) if record else source)
        return cls(name, source, encoder, None, _as_it_is(record))

    def variants(self, patterns: Sequence[str], sparsities: Sequence[float]) -> list[Pruned]:
        """What is measured of it: each pattern with each sparsity; as it is if none was given.

        Raises :class:`InputError` for a pattern without sparsity, where the model has none.
        """
        if not sparsities:
            if patterns and self.as_it_is == UNPRUNED:
                raise InputError(f"{self.source}: give --sparsity with --pattern; it is not pruned")
            return [self.as_it_is]
        blocks = [str(BlockShape.parse(pattern)) for pattern in patterns or ["4x1"]]
        wanted = [
            Pruned(block, share) if share else UNPRUNED for block in blocks for share in sparsities
        ]
        return list(dict.fromkeys(wanted))


def linear_sparsity(checkpoint: Checkpoint) -> float:
    """Share of the linear layers' weights that are zero."""
    layers = checkpoint.linear_layers
    counts = (zero_weights(checkpoint.weight(layer)) for layer in layers)
    return sum(counts, ZeroCount()).share


def _meant(source: str) -> str:
    """A hint, where a YAML file in sight has that name."""
    files = (Path(f"{source}.yaml"), _YAMLS / f"{source}.yaml")
    found = next((file for file in files if not Path(source).exists() and file.is_file()), None)
    return f"; did you mean {found}?" if found else ""


def _as_it_is(record: Record | None) -> Pruned:
    if record is None:
        return UNPRUNED
    patterns = {str(layer.pattern) for layer in record.layers}
    pattern = patterns.pop() if len(patterns) == 1 else "mixed"
    return Pruned(pattern, record.done.recipe.sparsity)


def _first_source(record: Record) -> str:
    return (*record.history, record.done)[0].source


def _last_part(source: str) -> str:
    return Path(source).resolve().name if Path(source).is_dir() else Path(source).name
