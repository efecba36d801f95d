"""What a recipe says about recovery."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class RecoverySettings(BaseModel):
    """The ``recovery:`` key. The budget is in steps; a time limit may end it sooner."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    steps: int = Field(1000, ge=1)
    batch_tokens: int = Field(2048, ge=16)  # of one step, padding included
    tokens: int = Field(128, ge=4)  # texts are cut at so many
    # Sets of spbench.texts, of which the train side is used, or files NAME.txt, one text a line.
    texts: tuple[str, ...] = Field(("imdb", "short-texts"), min_length=1)
    learning_rate: float = Field(3e-4, gt=0)  # at its highest
    warm_up: float = Field(0.05, ge=0, le=1)  # share of the steps
    weight_decay: float = Field(0.0, ge=0)
    clip: float = Field(1.0, gt=0)  # largest norm of the gradient
    hidden_weight: float = Field(1.0, ge=0)  # of the distance of hidden states, mean of layers
    sentence_weight: float = Field(1.0, ge=0)  # of the distance of sentence embeddings
    precision: Literal["bf16", "f32"] = "bf16"  # of products; weights are always f32
    quantization_aware: bool = False
    checkpoint_every: int = Field(100, ge=1)  # steps
    seed: int = Field(0, ge=0)
