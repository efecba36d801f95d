"""Batches without their padding."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_encoders import encoder_config, encoder_tensors, sentences

from spbench.engine.batch import Batch
from spbench.formats.checkpoint import Checkpoint
from spbench.formats.encoder import Encoder


@pytest.fixture
def config(make_model):
    folder = make_model(encoder_tensors("bert"), encoder_config("bert"))
    assert json.loads((folder / "config.json").read_text())["model_type"] == "bert"
    return Encoder.of(Checkpoint.open(folder)).config


def test_tokens_lie_one_after_another(config):
    ids, mask = sentences(3, 5, 1)
    batch = Batch.of(config, 2, ids, mask, None)
    assert batch.shape == (3, 5)
    assert batch.begin.tolist() == [0, 3, 8, 9]
    assert batch.place.tolist() == [0, 1, 2, 5, 6, 7, 8, 9, 10]
    assert batch.positions.tolist() == [0, 1, 2, 0, 1, 2, 3, 4, 0]
    np.testing.assert_array_equal(batch.ids, ids[mask == 1])


@given(lengths=st.lists(st.integers(1, 300), min_size=1, max_size=30), tokens=st.integers(1, 600))
def test_parts_hold_every_sentence_once(lengths, tokens):
    begin = np.concatenate([[0], np.cumsum(lengths)])
    none = np.empty(0, np.int32)
    batch = Batch((len(lengths), max(lengths)), none, begin, none, none, none)
    parts = list(batch.parts(tokens))
    assert [first for first, _ in parts] == [0, *(after for _, after in parts[:-1])]
    assert parts[-1][1] == len(lengths)
    for first, after in parts:
        assert after - first == 1 or begin[after] - begin[first] <= tokens
