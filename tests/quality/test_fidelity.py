"""Fidelity and the probe on vectors whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from spbench.quality.embedding import Embedding
from spbench.quality.fidelity import fidelity
from spbench.quality.probe import probe
from spbench.texts import Tokens


def _vectors(count=60, hidden=8, seed=0):
    vectors = np.random.default_rng(seed).normal(size=(count, hidden))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype("f4")


def test_a_model_is_like_itself_and_unlike_another():
    states = [*np.random.default_rng(1).normal(size=(5, 3, 8)).astype("f4")]
    own = Embedding(_vectors(), states)
    same = fidelity(own, own)
    assert [found.value for found in same.values()] == pytest.approx([1, 1, 1], abs=1e-5)
    scaled = Embedding(own.sentences, [2 * state for state in states])
    assert fidelity(scaled, own)["hidden_cosine"].value == pytest.approx(1, abs=1e-5)
    other = Embedding(_vectors(seed=9), [-state for state in states])
    found = fidelity(other, own)
    assert found["sentence_cosine"].high < 0.5
    assert found["hidden_cosine"].value == pytest.approx(-1, abs=1e-5)
    assert found["similarity_rank_correlation"].low < 0.6


def test_a_turned_space_keeps_its_similarities():
    """Rank correlation sees what cosines do not: a rotation loses nothing."""
    own = _vectors()
    turn = np.linalg.qr(np.random.default_rng(2).normal(size=(8, 8)))[0].astype("f4")
    found = fidelity(Embedding(own @ turn, [own @ turn]), Embedding(own, [own]))
    assert found["similarity_rank_correlation"].value > 0.99
    assert found["sentence_cosine"].value < 0.5


def test_embedding_means_over_the_tokens_of_each_text_alone():
    class Ids:
        dtype = "f32"

        def states(self, ids, mask):
            return np.stack([ids, 1000 * (1 - mask)], axis=-1).astype("f4")

    tokens = Tokens([np.array([3, 5]), np.array([7]), np.array([1, 2, 3])])
    found = Embedding.of(Ids(), tokens, 0, state_texts=2)
    np.testing.assert_array_equal(found.sentences, [[1, 0]] * 3)
    assert [state[:, 0].tolist() for state in found.states] == [[3, 5], [7]]


def test_the_probe_finds_what_is_linear_and_nothing_in_noise():
    pytest.importorskip("sklearn", reason="the probe is scikit-learn's")
    train, test = _vectors(400), _vectors(400, seed=5)
    labels = [["no", "yes"][int(v)] for v in train[:, 0] > 0]
    wanted = [["no", "yes"][int(v)] for v in test[:, 0] > 0]
    assert probe(train, labels, test, wanted).mean() > 0.95
    noise = [*np.random.default_rng(0).choice(["no", "yes"], 400)]
    assert 0.35 < probe(train, noise, test, wanted).mean() < 0.65
