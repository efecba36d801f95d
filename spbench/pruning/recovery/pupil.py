"""A pruned encoder in torch, whose zeros stay zero whatever it learns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from spbench.errors import InputError
from spbench.formats.checkpoint import Checkpoint

_FIXED = ("embeddings.", "pooler.")  # not pruned, and much of a small model


def load_encoder(checkpoint: Checkpoint) -> nn.Module:
    """The encoder in f32, without dropout, as transformers runs it.

    Raises :class:`InputError` for a model that transformers cannot load.
    """
    from transformers import AutoModel
    from transformers.utils import logging

    from spbench.pruning.recovery.wide_attention import NAME as ATTENTION

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        model = AutoModel.from_pretrained(
            checkpoint.folder,
            dtype=torch.float32,
            attn_implementation=ATTENTION,
            local_files_only=True,
        )
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        why = str(error).strip().splitlines()[0]
        raise InputError(f"{checkpoint.source}: transformers cannot load it: {why}") from error
    return model.eval().requires_grad_(False)


@dataclass(frozen=True, eq=False)
class Pupil:
    """A model that learns.

    Attributes
    ----------
    model : nn.Module
        Encoder of transformers.
    learning : dict
        Name of a tensor in the checkpoint to the parameter: linear layers, biases and LayerNorms
        behind the embeddings.
    kept : dict
        Of those with zeros, what is not zero, f32 of 0 and 1.
    """

    checkpoint: Checkpoint
    model: nn.Module
    learning: dict[str, nn.Parameter]
    kept: dict[str, Tensor]

    @classmethod
    def of(cls, checkpoint: Checkpoint) -> Pupil:
        """Raises :class:`InputError` where nothing can learn."""
        model = load_encoder(checkpoint)
        prefixes = ("", f"{model.base_model_prefix}.")
        learning = {
            prefix + name: parameter.requires_grad_()
            for name, parameter in model.named_parameters()
            for prefix in prefixes
            if prefix + name in checkpoint.tensors and not name.startswith(_FIXED)
        }
        if not any(layer.tensor in learning for layer in checkpoint.linear_layers):
            raise InputError(f"{checkpoint.source}: no linear layer in it can be trained")
        kept = {
            layer.tensor: (learning[layer.tensor] != 0).float()
            for layer in checkpoint.linear_layers
            if layer.tensor in learning
        }
        return cls(checkpoint, model, learning, kept)

    @property
    def linear_layers(self) -> list[nn.Linear]:
        """The modules whose weights may have zeros."""
        ours = {id(self.learning[name]) for name in self.kept}
        layers = (module for module in self.model.modules() if isinstance(module, nn.Linear))
        return [layer for layer in layers if id(layer.weight) in ours]

    def mask_gradients(self) -> None:
        """What is zero takes no part in the gradient's norm, nor in an optimiser's moments."""
        for name, kept in self.kept.items():
            gradient = self.learning[name].grad
            if gradient is not None:
                gradient.mul_(kept)

    def mask_weights(self) -> None:
        """Put the zeros back."""
        with torch.no_grad():
            for name, kept in self.kept.items():
                self.learning[name].mul_(kept)

    def changed_bits(self) -> Iterator[tuple[str, np.ndarray]]:
        """Each learnt tensor's name and bits in the checkpoint's dtype, for ``Checkpoint.save``."""
        for name, parameter in self.learning.items():
            yield name, self.checkpoint.tensors[name].encoded(parameter.detach().numpy())
