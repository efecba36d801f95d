"""What one model makes of many texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spbench.quality.embedder import Embedder
from spbench.texts import Tokens

_BATCH_TOKENS = 4096


@dataclass(frozen=True, eq=False)
class Embedding:
    """Vectors of texts.

    Attributes
    ----------
    sentences : f32 [texts, hidden]
        Means of the tokens' last hidden states, of length 1.
    states : list of f32 [tokens, hidden]
        The last hidden states of the first texts.
    """

    sentences: np.ndarray
    states: list[np.ndarray]

    @classmethod
    def of(cls, embedder: Embedder, tokens: Tokens, pad: int, state_texts: int = 0) -> Embedding:
        """Run ``embedder`` on all texts, on those of like length together."""
        sentences: list[np.ndarray] = [np.empty(0)] * len(tokens.ids)
        states: list[np.ndarray] = [np.empty(0)] * min(state_texts, len(tokens.ids))
        for numbers in tokens.batches(_BATCH_TOKENS):
            found = embedder.states(*tokens.padded(numbers, pad))
            for number, rows in zip(numbers, found, strict=True):
                own = rows[: len(tokens.ids[number])]
                mean = own.mean(axis=0)
                sentences[number] = mean / max(np.linalg.norm(mean), 1e-12)
                if number < len(states):
                    states[number] = own.copy()
        return cls(np.stack(sentences).astype(np.float32), states)

    @classmethod
    def joined(cls, parts: Sequence[Embedding]) -> Embedding:
        """Several sets of texts as one."""
        states = [state for part in parts for state in part.states]
        return cls(np.concatenate([part.sentences for part in parts]), states)
