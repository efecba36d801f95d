"""Small models for tests, written without the code under test."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np

HIDDEN, FFN, VOCAB, POSITIONS = 12, 18, 30, 16
BERT_CONFIG = {
    "model_type": "bert",
    "hidden_size": HIDDEN,
    "intermediate_size": FFN,
    "vocab_size": VOCAB,
    "max_position_embeddings": POSITIONS,
    "type_vocab_size": 2,
}
_SHAPES = {
    "embeddings.word_embeddings.weight": (VOCAB, HIDDEN),
    "embeddings.position_embeddings.weight": (POSITIONS, HIDDEN),
    "embeddings.token_type_embeddings.weight": (2, HIDDEN),
    "embeddings.LayerNorm.weight": (HIDDEN,),
    "embeddings.LayerNorm.bias": (HIDDEN,),
    "encoder.layer.0.attention.self.query.weight": (HIDDEN, HIDDEN),
    "encoder.layer.0.attention.self.query.bias": (HIDDEN,),
    "encoder.layer.0.intermediate.dense.weight": (FFN, HIDDEN),
    "encoder.layer.0.intermediate.dense.bias": (FFN,),
    "encoder.layer.0.output.dense.weight": (HIDDEN, FFN),
    "encoder.layer.0.output.dense.bias": (HIDDEN,),
    "pooler.dense.weight": (HIDDEN, HIDDEN),
    "pooler.dense.bias": (HIDDEN,),
}
BERT_LAYERS = [
    "encoder.layer.0.attention.self.query",
    "encoder.layer.0.intermediate.dense",
    "encoder.layer.0.output.dense",
]


def bert_tensors(seed: int = 0) -> dict[str, np.ndarray]:
    """A BertModel of one thin layer, f32; 4x1 does not divide its 18 feed-forward rows."""
    generator = np.random.default_rng(seed)
    return {name: generator.normal(size=shape).astype("f4") for name, shape in _SHAPES.items()}


def write_safetensors(path: Path, tensors: dict[str, np.ndarray], dtype: str = "F32") -> None:
    """The format by hand, so that bf16 can be written and the reader has an oracle."""
    header: dict[str, dict] = {"__metadata__": {"format": "pt"}}
    data = b""
    for name, array in tensors.items():
        stored, raw = ("I64", array.tobytes()) if array.dtype.kind == "i" else _encode(array, dtype)
        offsets = [len(data), len(data) + len(raw)]
        header[name] = {"dtype": stored, "shape": array.shape, "data_offsets": offsets}
        data += raw
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def _encode(array: np.ndarray, dtype: str) -> tuple[str, bytes]:
    if dtype == "BF16":
        return dtype, (array.astype("<f4").view("<u4") >> 16).astype("<u2").tobytes()
    return dtype, array.astype({"F16": "<f2", "F32": "<f4", "F64": "<f8"}[dtype]).tobytes()
