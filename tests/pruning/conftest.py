"""A small encoder that reads text, and text for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_encoders import encoder_config, encoder_tensors
from small_tokenizer import write_texts, write_tokenizer


@pytest.fixture
def reader(make_model) -> Path:
    """The folder of a dense encoder with a tokenizer."""
    pytest.importorskip("tokenizers")
    folder = make_model(encoder_tensors("bert", prefix="bert."), encoder_config("bert"))
    write_tokenizer(folder)
    return folder


@pytest.fixture
def texts(tmp_path) -> Path:
    """A calibration file of forty texts."""
    return write_texts(tmp_path / "texts.txt", *range(3, 43))
