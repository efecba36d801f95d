"""What a tensor is for in its model: only plain linear layers may be pruned.

The evidence, in order: shape and dtype, the names that transformers gives
(BERT, DistilBERT, RoBERTa, MiniLM, ALBERT, ELECTRA, MPNet, DeBERTa, T5, the
Llama family), the sizes in config.json, and a bias as long as the weight has
rows. A matrix without any evidence is left alone and says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from spbench.formats.safetensors_file import TensorEntry


class Kind(StrEnum):
    """The part a tensor plays. Only ``LINEAR`` is pruned."""

    LINEAR = "linear"
    EMBEDDING = "embedding"
    LAYERNORM = "LayerNorm"
    BIAS = "bias"
    HEAD = "head"
    OTHER = "other"


@dataclass(frozen=True)
class TensorRole:
    """A tensor's kind, and the evidence for it in a few words."""

    kind: Kind
    reason: str


_LINEAR = re.compile(
    r"dense|query|key|value|query_key_value|[qkvo]|w[io](_[01])?|W[io]|Wqkv|qkv|w[123]"
    r"|(q|k|v|o|qkv|in|out|gate|up|down|gate_up|query|key|value|pos_key|pos_query)_proj|proj"
    r"|[qkv]_lin|out_lin|lin[12]|linear\d?|fc\d|fc_(in|out)|c_fc|c_proj|c_attn"
    r"|ffn|ffn_output|dense_(h_to_4h|4h_to_h)|embeddings_project|embedding_hidden_mapping_in"
)
_EMBEDDING = re.compile(r".*embed(ding)?s?|embed_.*|wte|wpe|shared|relative_attention_bias")
_NORM = re.compile(r"norm|(^|_)ln(_|\d|$)", re.IGNORECASE)
# A path through one of these leads to the output of a task. The pooler is a Linear of
# BertModel, but works on one token a sentence and feeds the head: it counts as a head.
_HEAD = re.compile(
    r"pooler|cls|classifier|pre_classifier|qa_outputs|score|.*lm_head|predictions"
    r"|(generator|discriminator)_predictions|vocab_transform|vocab_projector|logits_proj"
    r"|seq_relationship|sop_classifier|sequence_summary|embed_out|classification_head"
)
# Families whose linear layers are Conv1D: stored [in, out], the other way round.
_CONV1D_MODELS = {"gpt2", "openai-gpt", "imagegpt", "decision_transformer"}
_CONV1D_NAMES = {"c_attn", "q_attn", "c_proj", "c_fc"}


def find_roles(
    tensors: Mapping[str, TensorEntry], config: Mapping[str, object]
) -> dict[str, TensorRole]:
    """The role of every tensor of a model, in the order of ``tensors``.

    ``config`` is the content of config.json; of it, ``model_type``, ``vocab_size``,
    ``max_position_embeddings`` and ``type_vocab_size`` are used where present.
    """
    return {name: _role(entry, tensors, config) for name, entry in tensors.items()}


def bias_of(name: str, tensors: Mapping[str, TensorEntry]) -> TensorEntry | None:
    """The bias that goes with the weight ``name``, if the model has one."""
    return tensors.get(name.removesuffix(".weight") + ".bias")


def _role(entry: TensorEntry, tensors: Mapping[str, TensorEntry], config: Mapping) -> TensorRole:
    *path, leaf = entry.name.split(".")
    owner = path[-1] if path else ""
    if not entry.is_float:
        return TensorRole(Kind.OTHER, f"stored as {entry.dtype}, not floating point")
    if len(entry.shape) == 1:
        return _vector_role(owner, leaf)
    if len(entry.shape) != 2:
        return TensorRole(Kind.OTHER, f"{len(entry.shape)}-D, not a matrix")
    if leaf != "weight":
        return TensorRole(Kind.OTHER, "a matrix, but not called weight")
    if 0 in entry.shape:
        return TensorRole(Kind.OTHER, "empty")
    return _matrix_role(entry, path, bias_of(entry.name, tensors), config)


def _vector_role(owner: str, leaf: str) -> TensorRole:
    if _NORM.search(owner):
        return TensorRole(Kind.LAYERNORM, "scale or shift of a normalisation")
    if leaf.endswith("bias"):
        return TensorRole(Kind.BIAS, "added to a layer's output")
    return TensorRole(Kind.OTHER, "1-D, not a matrix")


def _matrix_role(
    entry: TensorEntry, path: list[str], bias: TensorEntry | None, config: Mapping
) -> TensorRole:
    rows, cols = entry.shape
    owner = path[-1] if path else ""
    known = _LINEAR.fullmatch(owner) is not None
    for part in path:
        if _HEAD.fullmatch(part):
            return TensorRole(Kind.HEAD, f"part of {part}")
    if not known and _EMBEDDING.fullmatch(owner):
        return TensorRole(Kind.EMBEDDING, "named as an embedding")
    if config.get("model_type") in _CONV1D_MODELS and owner in _CONV1D_NAMES:
        return TensorRole(Kind.OTHER, "Conv1D, stored [in, out]: not supported")
    if bias is not None and rows != cols and bias.shape == (cols,):
        return TensorRole(Kind.OTHER, "its bias has one value a column, so it is stored [in, out]")
    if known:
        return TensorRole(Kind.LINEAR, "named as a linear layer")
    if rows == config.get("vocab_size"):
        kind = Kind.EMBEDDING if bias is None else Kind.HEAD
        return TensorRole(kind, "as many rows as the vocabulary")
    if bias is not None:
        return TensorRole(Kind.LINEAR, "has a bias with one value a row")
    if rows in (config.get("max_position_embeddings"), config.get("type_vocab_size")):
        return TensorRole(Kind.EMBEDDING, "as many rows as positions or token types")
    return TensorRole(Kind.OTHER, "neither its name nor a bias shows a linear layer")
