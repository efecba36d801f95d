"""How far a pupil is from its teacher, in what encoders hand on: hidden states, sentence vectors.

Source: hidden states layer by layer as in TinyBERT (Jiao et al., arXiv 1909.10351), without its
attention matrices, which the fused attention of torch never shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Answer:
    """What an encoder says about a batch.

    Attributes
    ----------
    states : f32 [texts, tokens, hidden], one a layer
    mask : bool [texts, tokens]
    """

    states: Sequence[Tensor]
    mask: Tensor

    @property
    def sentence(self) -> Tensor:
        """Mean of the tokens' last states, f32 [texts, hidden]."""
        weight = self.mask.unsqueeze(-1).float()
        return (self.states[-1] * weight).sum(1) / weight.sum(1)


def ask(model: torch.nn.Module, ids: Tensor, mask: Tensor) -> Answer:
    """Run a BERT-like ``model`` of transformers; the embedding's own state is left out."""
    said = model(input_ids=ids, attention_mask=mask, output_hidden_states=True)
    return Answer([state.float() for state in said.hidden_states[1:]], mask.bool())


def hidden_distance(pupil: Answer, teacher: Answer) -> Tensor:
    """Squared error of a layer's states over their variance; mean of the layers."""
    layers = [
        (ours[pupil.mask] - (wanted := theirs[pupil.mask])).square().mean() / wanted.var()
        for ours, theirs in zip(pupil.states, teacher.states, strict=True)
    ]
    return torch.stack(layers).mean()


def sentence_distance(pupil: Answer, teacher: Answer) -> Tensor:
    """1 - cosine of the sentence embeddings; mean of the texts."""
    return 1 - torch.cosine_similarity(pupil.sentence, teacher.sentence).mean()
