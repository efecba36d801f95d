"""A tokenizer for small encoders, and texts for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from small_encoders import VOCAB


def write_tokenizer(folder: Path) -> None:
    """tokenizer.json that knows the words w0 .. w49."""
    import tokenizers

    words = tokenizers.models.WordLevel({f"w{i}": i for i in range(VOCAB)}, unk_token="w1")
    tokenizer = tokenizers.Tokenizer(words)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))


def write_texts(path: Path, *lengths: int, seed: int = 0) -> Path:
    """Random words, one text a line."""
    generator = np.random.default_rng(seed)
    lines = [" ".join(f"w{i}" for i in generator.integers(2, VOCAB, n)) for n in lengths]
    path.write_text("\n".join(lines) + "\n")
    return path
