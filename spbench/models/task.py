"""A model case on its way to the workers: folders with weights, scales, sentences, references."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spbench.backends.runtimes.base import RuntimeModel
from spbench.quantization import read_scales


@dataclass(frozen=True)
class ModelFiles:
    """One set of weights: its Hugging Face folder, and the folder with the scales for it."""

    folder: str
    scales: str


@dataclass(frozen=True)
class ModelTask:
    """One case as a worker gets it.

    Attributes
    ----------
    files : ModelFiles
    unpruned : ModelFiles or None
        The same model before pruning, where it is known.
    sentences : str
        A folder with ``ids.npy``, int64 [batch, tokens], and the references, f32 [batch, tokens,
        hidden]: ``hidden.npy``, and ``unpruned.npy`` of the unpruned weights.
    batch : int
        How many of the sentences a call answers.
    threads : int
    """

    files: ModelFiles
    unpruned: ModelFiles | None
    sentences: str
    batch: int
    threads: int

    def model(self, unpruned: bool) -> RuntimeModel | None:
        """What a runtime is given; None for the unpruned weights where they are not known."""
        files = self.unpruned if unpruned else self.files
        if files is None:
            return None
        batch, tokens = self.ids().shape
        return RuntimeModel(Path(files.folder), read_scales(Path(files.scales)), batch, tokens)

    def ids(self) -> np.ndarray:
        return np.load(Path(self.sentences, "ids.npy"))[: self.batch]

    def reference(self, unpruned: bool) -> np.ndarray:
        """Last hidden states in f32 of the same weights."""
        name = "unpruned.npy" if unpruned else "hidden.npy"
        return np.load(Path(self.sentences, name), "r")[: self.batch]
