"""Token ids to hidden states: one way in for spbench's engine and for torch."""

from __future__ import annotations

import importlib.util
from typing import Protocol

import numpy as np

from spbench.errors import InputError
from spbench.formats.checkpoint import Checkpoint


class Embedder(Protocol):
    """An encoder that runs."""

    dtype: str

    def states(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """Last hidden states, f32 [texts, tokens, hidden], of ids and mask [texts, tokens]."""
        ...


class EngineEmbedder:
    """spbench's engine, int8: by the scales beside the weights, or else by scales of each token.

    Raises :class:`InputError` for a model that the engine does not know.
    """

    dtype = "int8"

    def __init__(self, checkpoint: Checkpoint, threads: int | None) -> None:
        from spbench.engine import Engine

        self._engine = Engine(checkpoint, num_threads=threads)

    def states(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """See :class:`Embedder`."""
        return self._engine(ids, mask).last_hidden_state


def require_torch() -> None:
    """Raises :class:`InputError` where torch or transformers is missing."""
    if any(importlib.util.find_spec(name) is None for name in ("torch", "transformers")):
        raise InputError(
            "runtime torch and the dense reference need torch: pip install 'spbench[recovery]'"
        )


class TorchEmbedder:
    """transformers on torch, f32. Raises :class:`InputError` where they are missing."""

    dtype = "f32"

    def __init__(self, checkpoint: Checkpoint, threads: int | None) -> None:
        require_torch()
        import torch

        from spbench.pruning.recovery.pupil import load_encoder

        self._model = load_encoder(checkpoint)
        if threads is not None:
            torch.set_num_threads(threads)

    def states(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """See :class:`Embedder`."""
        import torch

        with torch.inference_mode():
            given = {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}
            return self._model(**given).last_hidden_state.numpy()
