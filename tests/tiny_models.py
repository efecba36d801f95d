"""The YAML of models so small that a test of a whole run takes seconds."""

from __future__ import annotations

from pathlib import Path

TINY = """\
name: {name}
model_type: {family}
num_hidden_layers: 2
hidden_size: 32
num_attention_heads: 2
intermediate_size: 64
vocab_size: 60
max_position_embeddings: 40
weight_gain: 2
latency_limit_ms: 5
"""


def tiny_yaml(folder: Path, family: str = "bert", name: str = "tiny") -> str:
    """Writes the file; returns its path."""
    path = folder / f"{name}.yaml"
    path.write_text(TINY.format(name=name, family=family))
    return str(path)
