"""spbench-quantization.json: how a model's activations were quantised, kept beside its weights."""

from __future__ import annotations

import hashlib
from pathlib import Path

import spbench
from spbench.formats.file_name import FileName
from spbench.formats.record_file import RecordPart, read_record_file
from spbench.quantization.scale import ActivationBy
from spbench.quantization.settings import QuantizationSettings

RECORD_NAME = "spbench-quantization.json"
SCHEMA = 1


class Sample(RecordPart):
    """The texts that were calibrated on; ``sha256`` is that of the texts, a line each."""

    file: FileName
    texts: int
    tokens: int
    sha256: str

    @classmethod
    def of(cls, file: Path, texts: list[str], tokens: int) -> Sample:
        digest = hashlib.sha256("\n".join(texts).encode()).hexdigest()
        return cls(file=str(file), texts=len(texts), tokens=tokens, sha256=digest)


class Step(RecordPart):
    """One quantising: of which model, how, on what, with which spbench."""

    spbench_version: str = spbench.__version__
    source: FileName
    settings: QuantizationSettings
    sample: Sample


class LayerResult(RecordPart):
    """One layer of the int8 engine, on the calibration text."""

    layer: int
    cosine: float  # of sentences' means after the layer, to f32: their mean
    activation_by: ActivationBy
    table_noise: float  # of a table of GELU, as a share of the activation's mean square


class QuantizationRecord(RecordPart):
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


def read_record(folder: Path) -> QuantizationRecord | None:
    """The record in a model's folder; None where the model is not quantised.

    Raises :class:`~spbench.errors.InputError` for a file that is not a record of this version.
    """
    return read_record_file(folder / RECORD_NAME, QuantizationRecord)
