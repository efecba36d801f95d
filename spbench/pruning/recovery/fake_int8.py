"""What int8 will do to a model, felt while it learns, so that it learns to make up for it.

Weights: symmetric, one scale a row. Inputs: one scale and zero point a batch, from its extremes.
Gradients pass the rounding as if it were not there (straight-through estimator: Bengio et al.,
arXiv 1308.3432).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from torch import Tensor, nn


@contextmanager
def fake_int8(layers: Sequence[nn.Linear]) -> Iterator[None]:
    """Inside, ``layers`` multiply rounded inputs by rounded weights; gradients are those of the
    rounded weights. Afterwards the weights are what they were."""
    exact = [layer.weight.detach().clone() for layer in layers]
    hooks = [layer.register_forward_pre_hook(_round_input) for layer in layers]
    try:
        for layer in layers:
            layer.weight.data.copy_(rounded_rows(layer.weight.data))
        yield
    finally:
        for layer, weight, hook in zip(layers, exact, hooks, strict=True):
            layer.weight.data.copy_(weight)
            hook.remove()


def rounded_rows(weight: Tensor) -> Tensor:
    """The weight [rows, columns] with 255 values a row, 0 among them."""
    step = weight.abs().amax(1, keepdim=True).clamp_min(1e-12) / 127
    return (weight / step).round() * step


def rounded_input(values: Tensor) -> Tensor:
    """In 256 values from the smallest to the largest, 0 among them."""
    exact = values.float()
    low, high = exact.detach().amin().clamp_max(0), exact.detach().amax().clamp_min(0)
    step = ((high - low) / 255).clamp_min(1e-12)
    zero = (-low / step).round()
    rounded = ((exact / step + zero).round().clamp(0, 255) - zero) * step
    return exact + (rounded - exact).detach()


def _round_input(_layer: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return (rounded_input(inputs[0]), *inputs[1:])
