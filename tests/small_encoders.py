"""Whole small encoders of every family, written without the code under test."""

from __future__ import annotations

import numpy as np

HIDDEN, HEADS, FFN, VOCAB, POSITIONS, LAYERS = 24, 3, 40, 50, 520, 2
_BERT = ("encoder.layer.{}.", {
    "query": "attention.self.query", "key": "attention.self.key", "value": "attention.self.value",
    "out": "attention.output.dense", "attention_norm": "attention.output.LayerNorm",
    "up": "intermediate.dense", "down": "output.dense", "norm": "output.LayerNorm",
})  # fmt: skip
_DISTILBERT = ("transformer.layer.{}.", {
    "query": "attention.q_lin", "key": "attention.k_lin", "value": "attention.v_lin",
    "out": "attention.out_lin", "attention_norm": "sa_layer_norm",
    "up": "ffn.lin1", "down": "ffn.lin2", "norm": "output_layer_norm",
})  # fmt: skip
FAMILIES = ["bert", "roberta", "distilbert"]


def encoder_config(family: str = "bert") -> dict:
    """config.json as transformers writes it."""
    if family == "distilbert":
        return {
            "model_type": family, "dim": HIDDEN, "n_heads": HEADS, "hidden_dim": FFN,
            "n_layers": LAYERS, "vocab_size": VOCAB, "max_position_embeddings": POSITIONS,
            "activation": "gelu", "pad_token_id": 0,
        }  # fmt: skip
    return {
        "model_type": family, "hidden_size": HIDDEN, "num_attention_heads": HEADS,
        "intermediate_size": FFN, "num_hidden_layers": LAYERS, "vocab_size": VOCAB,
        "max_position_embeddings": POSITIONS, "hidden_act": "gelu",
        "type_vocab_size": 2 if family == "bert" else 1,
        "pad_token_id": 1 if family == "roberta" else 0, "layer_norm_eps": 1e-12,
    }  # fmt: skip


def encoder_tensors(
    family: str = "bert",
    sparsity: float = 0.0,
    prefix: str = "",
    seed: int = 0,
    block: tuple[int, int] = (4, 1),
) -> dict[str, np.ndarray]:
    """Random weights, some of their blocks zero."""
    generator = np.random.default_rng(seed)
    tensors: dict[str, np.ndarray] = {}

    def add(name: str, *shape: int, spread: float = 0.3, centre: float = 0.0) -> None:
        tensors[prefix + name] = generator.normal(centre, spread, shape).astype("f4")

    def add_linear(name: str, rows: int, cols: int) -> None:
        add(f"{name}.weight", rows, cols)
        kept = generator.random((-(-rows // block[0]), -(-cols // block[1]))) >= sparsity
        mask = np.kron(kept, np.ones(block))[:rows, :cols]
        tensors[f"{prefix}{name}.weight"] *= mask.astype("f4")
        add(f"{name}.bias", rows)

    def add_norm(name: str) -> None:
        add(f"{name}.weight", HIDDEN, spread=0.1, centre=1.0)
        add(f"{name}.bias", HIDDEN, spread=0.1)

    add("embeddings.word_embeddings.weight", VOCAB, HIDDEN, spread=1.0)
    add("embeddings.position_embeddings.weight", POSITIONS, HIDDEN, spread=0.5)
    if family != "distilbert":
        types = encoder_config(family)["type_vocab_size"]
        add("embeddings.token_type_embeddings.weight", types, HIDDEN)
    add_norm("embeddings.LayerNorm")
    path, names = _DISTILBERT if family == "distilbert" else _BERT
    for layer in range(LAYERS):
        full = {part: path.format(layer) + name for part, name in names.items()}
        for part in ("query", "key", "value", "out"):
            add_linear(full[part], HIDDEN, HIDDEN)
        add_norm(full["attention_norm"])
        add_linear(full["up"], FFN, HIDDEN)
        add_linear(full["down"], HIDDEN, FFN)
        add_norm(full["norm"])
    if family == "bert":
        add_linear("pooler.dense", HIDDEN, HIDDEN)
    return tensors


def sentences(*lengths: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Random ids [sentences, longest], padded, and their mask."""
    generator = np.random.default_rng(seed)
    ids = np.zeros((len(lengths), max(lengths)), np.int64)
    mask = np.zeros_like(ids)
    for row, length in enumerate(lengths):
        ids[row, :length] = generator.integers(2, VOCAB, length)
        mask[row, :length] = 1
    return ids, mask


def cosine(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Over the last axis."""
    return (a * b).sum(-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)
