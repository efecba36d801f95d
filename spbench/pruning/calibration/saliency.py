"""How far the model's sentence embeddings move with each weight, by backpropagation.

Text without labels has no loss, and a dense model is at no distance from itself. What stands in for
the loss is the embedding of each text projected on a random direction: over texts and directions,
the squares of its gradients are the diagonal of the Gauss-Newton matrix of the embedding, that is
of any loss which is quadratic in it. The whole model is in memory, by PyTorch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from spbench.errors import InputError
from spbench.formats.encoder import Encoder
from spbench.pruning.calibration.block import STAGES
from spbench.pruning.calibration.sample import Sample

if TYPE_CHECKING:
    import torch

_TEXTS = 16  # a batch
MOMENTUM = 0.9


class SaliencyMeter:
    """Runs texts through an encoder and back.

    Raises :class:`InputError` where PyTorch is not installed.
    """

    def __init__(self, encoder: Encoder, sample: Sample, threads: int):
        try:
            import torch
        except ImportError as error:
            raise InputError(
                "method snip-momentum needs PyTorch: pip install 'spbench[torch]'"
            ) from error
        self._torch, self._encoder, self._sample, self._threads = torch, encoder, sample, threads

    def measure(self, zeros: Mapping[str, np.ndarray], seed: int = 0) -> dict[str, np.ndarray]:
        """For each linear layer of the encoder \\|w * gradient\\|, f32 [M, K], averaged with momentum
        over batches. ``zeros`` are bool [M, K] of weights that are pruned already, by layer."""
        torch = self._torch
        before = torch.get_num_threads()
        torch.set_num_threads(self._threads)
        try:
            return self._measured(zeros, torch.Generator().manual_seed(seed))
        finally:
            torch.set_num_threads(before)

    def _measured(
        self, zeros: Mapping[str, np.ndarray], directions: torch.Generator
    ) -> dict[str, np.ndarray]:
        torch = self._torch
        model = _Model(torch, self._encoder, zeros)
        saliency = {name: torch.zeros_like(weight) for name, weight in model.linear.items()}
        ids = self._sample.ids
        for start in range(0, len(ids), _TEXTS):
            batch = ids[start : start + _TEXTS]
            embeddings = torch.stack([model.embedding(torch.as_tensor(text)) for text in batch])
            wanted = torch.randn(embeddings.shape, generator=directions)
            gradients = torch.autograd.grad(
                (embeddings * wanted).sum(), list(model.linear.values())
            )
            for (name, weight), gradient in zip(model.linear.items(), gradients, strict=True):
                saliency[name].mul_(MOMENTUM).add_((weight * gradient).abs(), alpha=1 - MOMENTUM)
        return {name: value.detach().numpy() for name, value in saliency.items()}


class _Model:
    """The encoder in PyTorch; ``linear`` maps a layer's name to its weight."""

    def __init__(self, torch_: object, encoder: Encoder, zeros: Mapping[str, np.ndarray]):
        self._torch, self._encoder = torch_, encoder
        self.linear: dict[str, torch.Tensor] = {}
        self._biases: dict[str, torch.Tensor] = {}
        self._names: dict[tuple[str, int], str] = {}
        self._norms = {("embedding_norm", 0): self._norm("embedding_norm", 0)}
        for number in range(encoder.config.layers):
            for part in (part for stage in STAGES for part in stage):
                name = encoder.tensor_name(part, "weight", number).removesuffix(".weight")
                weight = encoder.weight(part, number)
                if name in zeros:
                    weight = np.where(zeros[name], np.float32(0), weight)
                self.linear[name] = self._tensor(weight).requires_grad_()
                self._biases[name] = self._tensor(encoder.bias(part, number))
                self._names[part, number] = name
            for part in ("attention_norm", "norm"):
                self._norms[part, number] = self._norm(part, number)
        self._tables = {
            part: self._tensor(encoder.weight(part))
            for part in ("word", "position", "type")
            if encoder.has(part)
        }

    def embedding(self, ids: torch.Tensor) -> torch.Tensor:
        """Normalised mean of the last hidden states of one text."""
        functional, config = self._torch.nn.functional, self._encoder.config
        places = config.first_position + self._torch.arange(len(ids))
        x = self._tables["word"][ids] + self._tables["position"][places]
        if "type" in self._tables:
            x = x + self._tables["type"][0]
        x = self._normed("embedding_norm", 0, x)
        for number in range(config.layers):
            x = self._block(number, x)
        return functional.normalize(x.mean(dim=0), dim=0)

    def _block(self, number: int, x: torch.Tensor) -> torch.Tensor:
        functional, config = self._torch.nn.functional, self._encoder.config
        heads = [
            self._linear(part, number, x).view(len(x), config.heads, -1).transpose(0, 1)
            for part in STAGES[0]
        ]
        context = functional.scaled_dot_product_attention(*heads).transpose(0, 1).reshape(x.shape)
        x = self._normed("attention_norm", number, x + self._linear("out", number, context))
        raised = getattr(functional, config.activation)(self._linear("up", number, x))
        return self._normed("norm", number, x + self._linear("down", number, raised))

    def _linear(self, part: str, number: int, x: torch.Tensor) -> torch.Tensor:
        name = self._names[part, number]
        return self._torch.nn.functional.linear(x, self.linear[name], self._biases[name])

    def _normed(self, part: str, number: int, x: torch.Tensor) -> torch.Tensor:
        config, (gamma, beta) = self._encoder.config, self._norms[part, number]
        functional = self._torch.nn.functional
        return functional.layer_norm(x, (config.hidden,), gamma, beta, config.epsilon)

    def _norm(self, part: str, number: int) -> tuple[torch.Tensor, torch.Tensor]:
        encoder = self._encoder
        return (
            self._tensor(encoder.weight(part, number)),
            self._tensor(encoder.bias(part, number)),
        )

    def _tensor(self, values: np.ndarray) -> torch.Tensor:
        return self._torch.from_numpy(np.ascontiguousarray(values))
