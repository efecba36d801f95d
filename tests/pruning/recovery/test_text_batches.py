"""Batches for training: the same for the same seed, from wherever one goes on."""

from __future__ import annotations

from itertools import islice
from types import SimpleNamespace

import numpy as np

from spbench.pruning.recovery.text_batches import Position, TextBatches


class _Words:
    """A tokenizer: one id for each letter."""

    def encode_batch(self, texts):
        return [SimpleNamespace(ids=[ord(letter) for letter in text]) for text in texts]


def _batches(seed=0, count=2500):
    texts = [chr(97 + i % 26) * (1 + i % 40) for i in range(count)]
    return TextBatches(texts, _Words(), 200, 0, seed)


def test_going_on_gives_what_would_have_come():
    whole = list(islice(_batches().starting_at(Position()), 700))
    for stop in (0, 1, 350, 699):
        first = whole[stop - 1].after if stop else Position()
        rest = islice(_batches().starting_at(first), 3)
        for ours, theirs in zip(rest, whole[stop : stop + 3], strict=False):
            np.testing.assert_array_equal(ours.ids, theirs.ids)
            assert ours.after == theirs.after


def test_an_epoch_has_every_text_once_and_the_next_is_in_another_order():
    found, second = [], []
    for batch in _batches(count=1500).starting_at(Position()):
        assert batch.ids.size <= 200
        pool = batch.after.pool - (batch.after.batch == 0)
        texts = [tuple(row[: mask.sum()]) for row, mask in zip(batch.ids, batch.mask, strict=True)]
        if pool < 2:
            found += texts
        elif pool < 4:
            second += texts
        else:
            break
    assert len(found) == len(second) == 1500
    assert sorted(found) == sorted(second)
    assert found != second


def test_another_seed_gives_other_batches():
    one, two = (next(_batches(seed).starting_at(Position())) for seed in (0, 1))
    assert one.ids.shape != two.ids.shape or (one.ids != two.ids).any()
