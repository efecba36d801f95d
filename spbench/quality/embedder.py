"""Token ids to hidden states: one way in for spbench's engine and for torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from spbench.errors import InputError
from spbench.formats.checkpoint import Checkpoint
from spbench.formats.encoder import Encoder
from spbench.texts import Tokens, read_text_set, read_tokenizer

_CALIBRATION_TEXTS = 128
_CALIBRATION_TOKENS = 128


class Embedder(Protocol):
    """An encoder that runs."""

    dtype: str

    def states(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """Last hidden states, f32 [texts, tokens, hidden], of ids and mask [texts, tokens]."""
        ...


class EngineEmbedder:
    """spbench's engine, int8.

    Without scales beside the weights it is calibrated on train texts. Raises
    :class:`InputError` for a model that the engine does not know.
    """

    dtype = "int8"

    def __init__(self, checkpoint: Checkpoint, tasks: Sequence[str], threads: int | None) -> None:
        from spbench.engine import Engine
        from spbench.quantization import calibrate
        from spbench.quantization.scales_file import FILE_NAME

        scales = None
        if not (checkpoint.folder / FILE_NAME).is_file():
            longest = min(_CALIBRATION_TOKENS, Encoder.of(checkpoint).config.longest)
            tokenizer = read_tokenizer(checkpoint.folder, longest)
            each = -(-_CALIBRATION_TEXTS // len(tasks))
            texts = [text for task in tasks for text in read_text_set(task).train.texts[:each]]
            scales = calibrate(checkpoint, Tokens.of(tokenizer, texts).ids)
        self._engine = Engine(checkpoint, scales, threads)

    def states(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """See :class:`Embedder`."""
        return self._engine(ids, mask).last_hidden_state


class TorchEmbedder:
    """transformers on torch, f32. Raises :class:`InputError` where they are missing."""

    dtype = "f32"

    def __init__(self, checkpoint: Checkpoint, threads: int | None) -> None:
        try:
            import torch

            from spbench.pruning.recovery.pupil import load_encoder

            self._model = load_encoder(checkpoint)
        except ModuleNotFoundError as error:
            if error.name not in ("torch", "transformers"):
                raise
            raise InputError(
                "runtime torch and the dense reference need torch: pip install 'spbench[recovery]'"
            ) from error
        if threads is not None:
            torch.set_num_threads(threads)

    def states(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """See :class:`Embedder`."""
        import torch

        with torch.inference_mode():
            given = {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}
            return self._model(**given).last_hidden_state.numpy()
