"""How like a model's vectors are to those of the dense model, on the same texts."""

from __future__ import annotations

import numpy as np

from spbench.quality.bootstrap import mean_estimate, rank_correlation_estimate
from spbench.quality.embedding import Embedding
from spbench.store.quality_row import Estimate

_PAIRS_SEED = 0


def fidelity(model: Embedding, reference: Embedding) -> dict[str, Estimate]:
    """Three measures, 1 where nothing was lost.

    - ``sentence_cosine``: mean of texts
    - ``hidden_cosine``: of the last hidden states, mean of a text's tokens, then of texts
    - ``similarity_rank_correlation``: Spearman's, of the similarities of random pairs of texts,
      each text in one pair, so that pairs can be drawn like texts: does what was similar stay so?
    """
    cosines = (model.sentences * reference.sentences).sum(axis=1)
    states = [
        _cosines(ours, theirs).mean()
        for ours, theirs in zip(model.states, reference.states, strict=True)
    ]
    pairs = np.random.default_rng(_PAIRS_SEED).permutation(len(cosines) // 2 * 2).reshape(2, -1)
    similarities = [
        (one.sentences[pairs[0]] * one.sentences[pairs[1]]).sum(axis=1)
        for one in (model, reference)
    ]
    return {
        "sentence_cosine": mean_estimate(cosines),
        "hidden_cosine": mean_estimate(np.array(states)),
        "similarity_rank_correlation": rank_correlation_estimate(*similarities),
    }


def _cosines(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(ours, axis=1) * np.linalg.norm(theirs, axis=1)
    return (ours * theirs).sum(axis=1) / np.maximum(lengths, 1e-12)
