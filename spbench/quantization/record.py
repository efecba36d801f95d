"""spbench-quantization.json: how a model's activations were quantised, kept beside its weights."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

import spbench
from spbench.errors import InputError, refusal
from spbench.formats.file_name import FileName
from spbench.formats.path_kind import PathKind, path_kind
from spbench.formats.yaml_model import first_problem
from spbench.quantization.scale import ActivationBy
from spbench.quantization.settings import QuantizationSettings

RECORD_NAME = "spbench-quantization.json"
SCHEMA = 1


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Sample(_Part):
    """The texts that were calibrated on; ``sha256`` is that of the texts, a line each."""

    file: FileName
    texts: int
    tokens: int
    sha256: str

    @classmethod
    def of(cls, file: Path, texts: list[str], tokens: int) -> Sample:
        digest = hashlib.sha256("\n".join(texts).encode()).hexdigest()
        return cls(file=str(file), texts=len(texts), tokens=tokens, sha256=digest)


class Step(_Part):
    """One quantising: of which model, how, on what, with which spbench."""

    spbench_version: str = spbench.__version__
    source: FileName
    settings: QuantizationSettings
    sample: Sample


class LayerResult(_Part):
    """One layer of the int8 engine, on the calibration text."""

    layer: int
    cosine: float  # of sentences' means after the layer, to f32: their mean
    activation_by: ActivationBy
    table_noise: float  # of a table of GELU, as a share of the activation's mean square


class QuantizationRecord(_Part):
    """All of the file. ``history`` holds earlier quantisings of the same model, oldest first."""

    schema_version: int = SCHEMA
    done: Step
    chosen: str  # the method
    cosines: dict[str, float]  # of each method that was tried
    worst_cosine: float  # of the chosen one, over the texts
    layers: tuple[LayerResult, ...]
    history: tuple[Step, ...] = ()

    @property
    def cosine(self) -> float:
        """Mean over the texts: int8 against f32."""
        return self.cosines[self.chosen]

    def to_json(self) -> str:
        """The content of the file."""
        return self.model_dump_json(indent=1) + "\n"


def read_record(folder: Path) -> QuantizationRecord | None:
    """The record in a model's folder; None where the model is not quantised.

    Raises :class:`InputError` for a file that is not a record of this version.
    """
    path = folder / RECORD_NAME
    if path_kind(path) is PathKind.MISSING:
        return None
    try:
        return QuantizationRecord.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise refusal(error, path, "cannot be read") from error
    except (ValidationError, UnicodeDecodeError) as error:
        what = first_problem(error) if isinstance(error, ValidationError) else str(error)
        raise InputError(f"{path}: not a record this spbench can read ({what})") from error
