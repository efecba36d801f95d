"""A small engine of any family."""

from __future__ import annotations

import itertools

import pytest
from small_encoders import encoder_config, encoder_tensors, sentences

from spbench.engine import Engine
from spbench.formats.checkpoint import Checkpoint
from spbench.quantization import calibrate


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
