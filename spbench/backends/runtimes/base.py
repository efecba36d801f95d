"""The contract of a runtime: what can run a whole encoder.

A runtime lives in a worker process of its own and handles one model and shape at a time:

    available()  ->  supports(model)  ->  convert(model)  ->  load(ids, threads)
                 ->  run(count) ...  ->  result()  ->  release()

``convert`` writes the model in the runtime's own format, which users do once and beforehand;
``load`` goes from there to the first answer, and is timed. ``run`` answers the same token ids again.
All get them without padding and without a mask, in arrays of a fixed shape: what each does best.
Adding a runtime is writing one file in this folder and naming it in its ``__init__.py``.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np

from spbench.backends.base import Availability, Timing, described_by
from spbench.backends.calls import loop_in_python
from spbench.formats.checkpoint import Checkpoint
from spbench.formats.encoder import Encoder
from spbench.quantization import ActivationScales

__all__ = ["Availability", "OpTimes", "Runtime", "RuntimeModel", "Timing", "described_by"]


@dataclass(frozen=True)
class RuntimeModel:
    """A Hugging Face folder, the scales of its activations, and the sentences of a call.

    Attributes
    ----------
    folder : Path
    scales : ActivationScales
    batch, tokens : int
        Sentences of a call, tokens of each.
    """

    folder: Path
    scales: ActivationScales
    batch: int
    tokens: int

    @cached_property
    def encoder(self) -> Encoder:
        """Its tensors, read when asked for."""
        return Encoder.of(Checkpoint.open(self.folder))

    @property
    def shape(self) -> tuple[int, int]:
        return self.batch, self.tokens


@dataclass(frozen=True)
class OpTimes:
    """Where a call's time goes. ``by_kind`` is ns of a call; ``linear_ns`` that of linear layers."""

    by_kind: dict[str, float]
    linear_ns: float


class Runtime(ABC):
    """One runtime, as its own authors would call it."""

    name: ClassVar[str]  # as on the command line: "onnxruntime-int8"
    title: ClassVar[str]  # as in a report: "ONNX Runtime int8"
    dtype: ClassVar[str]  # of its linear layers: "int8", "f32" or "bf16"
    unpruned: ClassVar[bool] = False
    """Whether it runs the model as it was before pruning: a control experiment."""

    @classmethod
    @abstractmethod
    def available(cls) -> Availability:
        """Look for the library, and load it: what the first case must not pay for."""

    def supports(self, model: RuntimeModel) -> str:
        """Why this model cannot be run; empty if it can."""
        return ""

    @abstractmethod
    def convert(self, model: RuntimeModel) -> None:
        """Bring the model into the runtime's own format. Not timed."""

    @abstractmethod
    def load(self, ids: np.ndarray, threads: int) -> None:
        """Make it ready to answer ``ids`` int64 [batch, tokens] with ``threads`` threads. Timed."""

    @abstractmethod
    def call(self) -> object:
        """Answer once."""

    def run(self, count: int) -> Timing:
        """Answer ``count`` times."""
        return loop_in_python(self.call, count)

    @abstractmethod
    def result(self) -> np.ndarray:
        """Last hidden states of the last run, f32 [batch, tokens, hidden]."""

    @abstractmethod
    def implementation(self) -> str:
        """What really ran, in the runtime's own words, with its version."""

    def handicaps(self) -> str:
        """Why it is not at its best here, clauses joined by ``"; "``; empty if it is."""
        return ""

    def process_id(self) -> int:
        """Of the process whose threads do the work."""
        return os.getpid()

    def weight_bytes(self) -> int | None:
        """Packed weights of the linear layers, indices included; None if it does not tell."""
        return None

    def op_times(self) -> OpTimes | None:
        """Where its time goes; None if it does not tell."""
        return None

    @abstractmethod
    def release(self) -> None:
        """Drop the model."""
