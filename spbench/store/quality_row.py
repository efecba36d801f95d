"""The quality row: what one model is still worth. Field names are kept for ever."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from spbench.store.stored_row import StoredRow

QUALITY_ROWS = "quality-rows.jsonl"
"""Its file in a results folder, beside the model rows of the same study or alone."""


class Estimate(BaseModel):
    """A measured number and its 95 % confidence interval, by paired bootstrap over texts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: float
    low: float
    high: float


class QualityRow(StoredRow):
    """One evaluation of one model, as one JSON object on one line of ``quality-rows.jsonl``."""

    model: str  # a name for people
    source: str  # folder or package
    reference: str  # the dense model that it is compared with; "" without one
    pattern: str  # block shape, output x input; "dense"
    sparsity: float  # asked for
    sparsity_real: float  # share of the linear layers' weights that are zero
    method: str  # magnitude, snip-momentum, wanda, second-order; "" for a dense model
    recovery: str = ""  # what was trained after pruning, in a few words: "distilled, 2000 steps"
    dtype: str  # int8 (spbench's engine) or f32 (torch)
    runtime: str  # spbench, torch

    texts: int  # held-out texts of the fidelity measures
    tokens: int  # texts are cut at so many
    fidelity: dict[str, Estimate]  # sentence_cosine, hidden_cosine, similarity_rank_correlation
    accuracy: dict[str, Estimate]  # a linear probe on frozen embeddings, by task: imdb, short-texts
    accuracy_loss: dict[str, Estimate]  # reference minus model, paired; by task
    data: dict[str, Any]  # by set: package, version, split, number of texts, digest

    command: str  # repeats this row

    @property
    def key(self) -> tuple[str, str]:
        """Model and runtime. A later row replaces an earlier one."""
        return self.source, self.runtime
