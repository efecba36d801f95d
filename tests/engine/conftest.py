"""A small engine of any family, and sentences for it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from small_encoders import VOCAB, encoder_config, encoder_tensors

from spbench.engine import Engine
from spbench.formats.checkpoint import Checkpoint
from spbench.quantization import calibrate


def sentences(*lengths: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Random ids [sentences, longest], padded, and their mask."""
    generator = np.random.default_rng(seed)
    ids = np.zeros((len(lengths), max(lengths)), np.int64)
    mask = np.zeros_like(ids)
    for row, length in enumerate(lengths):
        ids[row, :length] = generator.integers(2, VOCAB, length)
        mask[row, :length] = 1
    return ids, mask


@pytest.fixture
def make_engine(make_model):
    """Builds an engine: family, sparsity, threads; calibrated on a few random sentences."""

    numbers = itertools.count()

    def make(
        family: str = "bert", sparsity: float = 0.7, threads: int = 1, prefix: str = ""
    ) -> Engine:
        tensors = encoder_tensors(family, sparsity, prefix)
        folder = make_model(tensors, encoder_config(family), name=f"model-{next(numbers)}")
        checkpoint = Checkpoint.open(folder)
        texts = [sentences(40, seed=seed)[0] for seed in range(4)]
        return Engine(checkpoint, calibrate(checkpoint, texts), threads)

    return make
