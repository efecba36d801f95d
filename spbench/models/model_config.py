"""A model described by its sizes alone: configs/models/*.yaml."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from spbench.formats.names import checked_name
from spbench.formats.side import MAX_SIDE
from spbench.formats.yaml_model import read_yaml_model

Side = Annotated[int, Field(ge=1, le=MAX_SIDE)]


class ModelConfig(BaseModel):
    """Sizes of an encoder under Hugging Face's keys, those of BERT for every family.

    Random weights have the deviation ``weight_gain / sqrt(hidden_size)``. At 2, every layer of a
    model that is pruned to 90 % still turns what passes it: BERT-Mini and -Base without
    one layer, or with the rows of one matrix moved, fall below a cosine of 0.82 to themselves,
    while int8 stays above 0.99. At Hugging Face's usual 0.02 a broken layer would hardly show.
    ``latency_limit_ms`` is what `run-model limit`
    holds its 99th percentile to.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, AfterValidator(checked_name)]
    model_type: Literal["bert", "roberta", "distilbert"] = "bert"
    num_hidden_layers: Side
    hidden_size: Side
    num_attention_heads: Side
    intermediate_size: Side
    vocab_size: Side = 30_522
    max_position_embeddings: Side = 512
    type_vocab_size: Side = 2
    hidden_act: Literal["gelu", "relu"] = "gelu"
    layer_norm_eps: float = Field(1e-12, gt=0)
    weight_gain: float = Field(2, gt=0)
    latency_limit_ms: float = Field(20, gt=0)

    @model_validator(mode="after")
    def _heads_divide(self) -> ModelConfig:
        if self.hidden_size % self.num_attention_heads:
            raise ValueError(
                f"hidden_size {self.hidden_size} is no multiple of "
                f"num_attention_heads {self.num_attention_heads}"
            )
        return self

    @classmethod
    def read(cls, path: str | Path) -> ModelConfig:
        """Raises :class:`InputError` with file and line for what is wrong."""
        return read_yaml_model(path, cls)

    @property
    def initializer_range(self) -> float:
        """Deviation of the random weights."""
        return self.weight_gain / math.sqrt(self.hidden_size)

    def hugging_face(self) -> dict[str, Any]:
        """The content of config.json, as transformers writes it for the family."""
        if self.model_type == "distilbert":
            return {
                "model_type": "distilbert",
                "architectures": ["DistilBertModel"],
                "n_layers": self.num_hidden_layers,
                "dim": self.hidden_size,
                "n_heads": self.num_attention_heads,
                "hidden_dim": self.intermediate_size,
                "activation": self.hidden_act,
                "vocab_size": self.vocab_size,
                "max_position_embeddings": self.max_position_embeddings,
                "initializer_range": self.initializer_range,
                "pad_token_id": 0,
            }
        is_roberta = self.model_type == "roberta"
        return self.model_dump(exclude={"name", "latency_limit_ms", "weight_gain"}) | {
            "initializer_range": self.initializer_range,
            "architectures": ["RobertaModel" if is_roberta else "BertModel"],
            "pad_token_id": int(is_roberta),
        }
