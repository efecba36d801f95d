"""A whole small encoder with a tokenizer of letters, in a folder."""

from __future__ import annotations

import json
from pathlib import Path

from small_encoders import encoder_config, encoder_tensors
from small_models import write_safetensors

LETTERS = [*"abcdefghijklmnopqrstuvwxyz"]


def write_encoder(folder: Path, sparsity: float = 0.0) -> Path:
    """A BERT of two thin layers; each letter of a text is a token."""
    import tokenizers

    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(encoder_config()))
    write_safetensors(folder / "model.safetensors", encoder_tensors(sparsity=sparsity, seed=1))
    vocabulary = {"[UNK]": 1} | {letter: 2 + i for i, letter in enumerate(LETTERS)}
    model = tokenizers.models.WordLevel(vocabulary, unk_token="[UNK]")
    tokenizer = tokenizers.Tokenizer(model)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def write_letters(path: Path, texts: int = 200) -> Path:
    """Texts of 4 to 15 letters, one a line."""
    lines = (
        " ".join(LETTERS[(7 * i + k * k) % 26] for k in range(4 + i % 12)) for i in range(texts)
    )
    path.write_text("\n".join(lines))
    return path
