"""All that a later process needs to go on with training: one file, whole or absent."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from spbench.errors import InputError, RunError
from spbench.pruning.recovery.text_batches import Position

STATE_NAME = "training-state.pt"


@dataclass(frozen=True, eq=False)
class TrainingState:
    """After ``step`` steps. ``job`` says which training this is: see :func:`job_name`."""

    job: str
    step: int
    position: Position
    losses: list[float]  # of every step so far
    weights: dict[str, Tensor]
    optimizer: dict[str, Any]
    random: Tensor

    def save(self, folder: Path) -> None:
        """Replace the state in ``folder`` in one step. Raises :class:`RunError`."""
        partial = folder / f".{STATE_NAME}.partial"
        content = dict(vars(self)) | {"position": (self.position.pool, self.position.batch)}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with partial.open("wb") as file:
                torch.save(content, file)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(folder / STATE_NAME)
        except (OSError, RuntimeError) as error:  # torch reports a full disk as RuntimeError
            partial.unlink(missing_ok=True)
            why = getattr(error, "strerror", None) or str(error).splitlines()[0]
            raise RunError(f"{folder}: the state of training cannot be saved: {why}") from error

    @classmethod
    def load(cls, folder: Path, job: str) -> TrainingState | None:
        """The state in ``folder``, if there is one.

        Raises :class:`InputError` for one of another training, or a damaged one.
        """
        path = folder / STATE_NAME
        if not path.exists():
            return None
        try:
            content = torch.load(path, weights_only=True)
            state = cls(**content | {"position": Position(*content["position"])})
        except Exception as error:  # torch raises whatever its readers do
            raise InputError(f"{path}: damaged; remove it to train from the start") from error
        if state.job != job:
            raise InputError(f"{path}: of another model, recipe or thread count; remove it first")
        return state


def job_name(settings: str, threads: int, tensors: Mapping[str, Tensor]) -> str:
    """A digest of what decides the result: settings, threads and the weights at the start."""
    digest = hashlib.blake2b(f"{settings}\n{threads}\n".encode(), digest_size=16)
    for name, tensor in tensors.items():
        digest.update(name.encode() + tensor.detach().numpy().tobytes())
    return digest.hexdigest()
