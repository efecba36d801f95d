"""A BERT-like encoder in a Hugging Face folder: its sizes, and its tensors by what they are for.

Post-LayerNorm encoders: every block adds its input to its output, then normalises. A family is a
row of names below; a new one is a new row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from spbench.errors import InputError
from spbench.formats.checkpoint import Checkpoint

_BERT = {
    "word": "embeddings.word_embeddings",
    "position": "embeddings.position_embeddings",
    "type": "embeddings.token_type_embeddings",
    "embedding_norm": "embeddings.LayerNorm",
    "query": "encoder.layer.{}.attention.self.query",
    "key": "encoder.layer.{}.attention.self.key",
    "value": "encoder.layer.{}.attention.self.value",
    "out": "encoder.layer.{}.attention.output.dense",
    "attention_norm": "encoder.layer.{}.attention.output.LayerNorm",
    "up": "encoder.layer.{}.intermediate.dense",
    "down": "encoder.layer.{}.output.dense",
    "norm": "encoder.layer.{}.output.LayerNorm",
    "pooler": "pooler.dense",
}
_DISTILBERT = {
    "word": "embeddings.word_embeddings",
    "position": "embeddings.position_embeddings",
    "embedding_norm": "embeddings.LayerNorm",
    "query": "transformer.layer.{}.attention.q_lin",
    "key": "transformer.layer.{}.attention.k_lin",
    "value": "transformer.layer.{}.attention.v_lin",
    "out": "transformer.layer.{}.attention.out_lin",
    "attention_norm": "transformer.layer.{}.sa_layer_norm",
    "up": "transformer.layer.{}.ffn.lin1",
    "down": "transformer.layer.{}.ffn.lin2",
    "norm": "transformer.layer.{}.output_layer_norm",
}
_FAMILIES = {"bert": _BERT, "roberta": _BERT, "xlm-roberta": _BERT, "distilbert": _DISTILBERT}
_PREFIXES = ("", "bert.", "roberta.", "distilbert.")
_OLD_LEAVES = {"weight": "gamma", "bias": "beta"}  # LayerNorm's, of converted TensorFlow models
_ACTIVATIONS = {"gelu": "gelu", "relu": "relu"}


def part_names(family: str) -> Mapping[str, str]:
    """Part to the name of the module that holds it, without prefix; ``{}`` is the layer."""
    return _FAMILIES[family]


@dataclass(frozen=True)
class EncoderConfig:
    """Sizes of an encoder, under one name each whatever its family calls them."""

    family: str
    layers: int
    hidden: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int  # rows of the table
    first_position: int  # of a sentence's first token; RoBERTa begins behind its padding token
    epsilon: float
    activation: str  # "gelu" or "relu"
    pad_token: int

    @property
    def head_size(self) -> int:
        return self.hidden // self.heads

    @property
    def longest(self) -> int:
        """Tokens that a sentence may have."""
        return self.positions - self.first_position


@dataclass(frozen=True)
class Encoder:
    """The encoder in a checkpoint; tensors are read when asked for."""

    checkpoint: Checkpoint
    config: EncoderConfig
    prefix: str

    @classmethod
    def of(cls, checkpoint: Checkpoint) -> Encoder:
        """Raises :class:`InputError` for another architecture, or for tensors that do not fit."""
        config = read_encoder_config(checkpoint.config, checkpoint.source)
        names = _FAMILIES[config.family]
        for prefix in _PREFIXES:
            if f"{prefix}{names['word']}.weight" in checkpoint.tensors:
                encoder = cls(checkpoint, config, prefix)
                encoder._check_shapes()
                return encoder
        raise InputError(f"{checkpoint.source}: no tensor {names['word']}.weight")

    @cached_property
    def _names(self) -> dict[str, str]:
        return _FAMILIES[self.config.family]

    def _tensor_name(self, part: str, leaf: str, layer: int = 0) -> str | None:
        if part not in self._names:
            return None
        owner = self.prefix + self._names[part].format(layer)
        for name in (f"{owner}.{leaf}", f"{owner}.{_OLD_LEAVES[leaf]}"):
            if name in self.checkpoint.tensors:
                return name
        return None

    def has(self, part: str) -> bool:
        """Whether the model has this part (``type`` and ``pooler`` are optional)."""
        return self._tensor_name(part, "weight") is not None

    def weight(self, part: str, layer: int = 0) -> np.ndarray:
        """A part's weight, f32. Raises :class:`InputError` if it is missing or holds NaN or Inf."""
        return self._values(part, "weight", layer)

    def bias(self, part: str, layer: int = 0) -> np.ndarray:
        """A part's bias, f32."""
        return self._values(part, "bias", layer)

    def _values(self, part: str, leaf: str, layer: int) -> np.ndarray:
        name = self.tensor_name(part, leaf, layer)
        values = self.checkpoint.tensors[name].values()
        if not np.isfinite(values).all():
            raise InputError(f"{self.checkpoint.source}: {name} holds NaN or Inf")
        return values

    def tensor_name(self, part: str, leaf: str = "weight", layer: int = 0) -> str:
        """What the checkpoint calls a part's ``weight`` or ``bias``. Raises :class:`InputError`."""
        name = self._tensor_name(part, leaf, layer)
        if name is None:
            wanted = f"{self.prefix}{self._names[part].format(layer)}.{leaf}"
            raise InputError(f"{self.checkpoint.source}: no tensor {wanted}")
        return name

    def _check_shapes(self) -> None:
        c = self.config
        square, up, down = (
            (c.hidden, c.hidden),
            (c.feed_forward, c.hidden),
            (c.hidden, c.feed_forward),
        )
        once = {"word": (c.vocabulary, c.hidden), "position": (c.positions, c.hidden)}
        each = {
            "query": square,
            "key": square,
            "value": square,
            "out": square,
            "up": up,
            "down": down,
        }
        self._check("embedding_norm", 0, (c.hidden,), (c.hidden,))
        for part, shape in once.items():
            self._check(part, 0, shape, None)
        for layer in range(c.layers):
            for part, shape in each.items():
                self._check(part, layer, shape, (shape[0],))
            for part in ("attention_norm", "norm"):
                self._check(part, layer, (c.hidden,), (c.hidden,))
        surplus = self._tensor_name("query", "weight", c.layers)
        if surplus is not None:
            raise InputError(
                f"{self.checkpoint.source}: {surplus} is of a layer more than the {c.layers} of "
                f"config.json"
            )

    def _check(self, part: str, layer: int, weight: tuple, bias: tuple | None) -> None:
        for leaf, shape in (("weight", weight), ("bias", bias)):
            if shape is None:
                continue
            name = self.tensor_name(part, leaf, layer)
            found = self.checkpoint.tensors[name].shape
            if found != shape:
                raise InputError(
                    f"{self.checkpoint.source}: {name} is {[*found]}, "
                    f"but config.json says {[*shape]}"
                )


def _epsilon(config: Mapping[str, Any], source: str) -> float:
    value = config.get("layer_norm_eps", 1e-12)
    if not isinstance(value, int | float) or not 0 <= value < 1:
        raise InputError(
            f"{source}: config.json gives layer_norm_eps {value!r}, not a small positive number"
        )
    return float(value)


def read_encoder_config(config: Mapping[str, Any], source: str) -> EncoderConfig:
    """Of the content of config.json; ``source`` is what errors call the model.

    Raises :class:`InputError` for an architecture that is not known.
    """
    family = config.get("model_type")
    if family not in _FAMILIES:
        known = ", ".join(_FAMILIES)
        raise InputError(f"{source}: no engine for the architecture {family!r}; known are {known}")
    embedding = config.get("position_embedding_type", "absolute")
    if embedding != "absolute":
        raise InputError(f"{source}: no engine for {embedding} positions, only for absolute ones")
    activation = config.get("hidden_act", config.get("activation", "gelu"))
    if activation not in _ACTIVATIONS:
        known = ", ".join(_ACTIVATIONS)
        raise InputError(
            f"{source}: no engine for the activation {activation!r}; known are {known}"
        )

    def size(*keys: str) -> int:
        for key in keys:
            value = config.get(key)
            if isinstance(value, int) and value > 0:
                return value
        raise InputError(f"{source}: config.json gives no {keys[0]}")

    pad = config.get("pad_token_id")
    pad = pad if isinstance(pad, int) else 0
    found = EncoderConfig(
        family=family,
        layers=size("num_hidden_layers", "n_layers"),
        hidden=size("hidden_size", "dim"),
        heads=size("num_attention_heads", "n_heads"),
        feed_forward=size("intermediate_size", "hidden_dim"),
        vocabulary=size("vocab_size"),
        positions=size("max_position_embeddings"),
        first_position=pad + 1 if "roberta" in family else 0,
        epsilon=_epsilon(config, source),
        activation=_ACTIVATIONS[activation],
        pad_token=pad,
    )
    if found.hidden % found.heads or found.head_size % 4:
        raise InputError(
            f"{source}: {found.heads} heads of {found.hidden} channels; the engine needs heads "
            f"of a multiple of 4 channels"
        )
    return found
