"""A Hugging Face folder with random weights, for speed work: all but the meaning is real."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from spbench.formats.encoder import EncoderConfig, part_names, read_encoder_config
from spbench.models.model_config import ModelConfig

_NORMS = ("embedding_norm", "attention_norm", "norm")
_SPREAD = 0.1  # of a LayerNorm's scales around 1, of its biases around 0


def write_random_model(config: ModelConfig, folder: Path, seed: int) -> None:
    """Write ``config.json`` and ``model.safetensors`` (f32) into the new ``folder``.

    The same config and seed give the same bytes. There is no pooler: what is compared is the last
    hidden state.
    """
    from safetensors.numpy import save_file

    folder.mkdir(parents=True)
    text = json.dumps(config.hugging_face(), indent=1)
    (folder / "config.json").write_text(text, encoding="utf-8")
    tensors = dict(_tensors(config, np.random.default_rng(seed)))
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})


def encoder_config(config: ModelConfig) -> EncoderConfig:
    """The sizes as the engine sees them. Raises :class:`InputError` for those that it cannot run."""
    return read_encoder_config(config.hugging_face(), config.name)


def _tensors(
    config: ModelConfig, generator: np.random.Generator
) -> Iterator[tuple[str, np.ndarray]]:
    names = part_names(config.model_type)
    shapes = _shapes(config)
    for part, name in names.items():
        if part not in shapes:
            continue
        for layer in range(config.num_hidden_layers if "{}" in name else 1):
            owner = name.format(layer)
            yield f"{owner}.weight", _weight(config, generator, part, shapes[part])
            if part not in ("word", "position", "type"):
                spread = _SPREAD if part in _NORMS else config.initializer_range
                yield f"{owner}.bias", _normal(generator, shapes[part][:1], spread)


def _shapes(config: ModelConfig) -> dict[str, tuple[int, ...]]:
    hidden, wide = config.hidden_size, config.intermediate_size
    square = dict.fromkeys(("query", "key", "value", "out"), (hidden, hidden))
    norms = dict.fromkeys(_NORMS, (hidden,))
    tables = {
        "word": (config.vocab_size, hidden),
        "position": (config.max_position_embeddings, hidden),
        "type": (config.type_vocab_size, hidden),
    }
    return tables | norms | square | {"up": (wide, hidden), "down": (hidden, wide)}


def _weight(
    config: ModelConfig, generator: np.random.Generator, part: str, shape: tuple[int, ...]
) -> np.ndarray:
    if part in _NORMS:
        return 1 + _normal(generator, shape, _SPREAD)
    return _normal(generator, shape, config.initializer_range)


def _normal(generator: np.random.Generator, shape: tuple[int, ...], deviation: float) -> np.ndarray:
    values = generator.standard_normal(shape, np.float32)
    values *= np.float32(deviation)
    return values
