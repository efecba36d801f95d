"""PyTorch, dense int8: the linear layer of its quantised models.

``torch.ops.onednn.qlinear_pointwise``, what exported models run. For u8 and few tokens
``torch.ops.quantized.linear`` with the engine ``x86``, PyTorch's choice on such CPUs: by FBGEMM or
oneDNN, whichever it expects to be faster. There is no s32 output: sums leave as f32, with
scales of 1, as many bytes.

Prepared beforehand: the weights, packed; for the former operator for this number of tokens. Layout:
none. Timed: the operator; it allocates Y anew. A scale and a bias for each channel are its own.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from spbench.backends.base import Footprint, Timing
from spbench.backends.handicaps import STORES_F32, saturation
from spbench.backends.torch_library import TorchInt8, quantized_tokens, quantized_weights
from spbench.formats import GemmData

_FEW_TOKENS = 64
"""Below, ``quantized.linear`` is 3 to 50 % faster; from here on 0 to 17 % slower (u8, one core)."""


class TorchQlinear(TorchInt8):
    """A quantised linear layer, as PyTorch runs it on x86."""

    name = "torch-qlinear"
    title = "PyTorch int8 dense, quantised linear"
    dtype = "u8s8s32"
    sparse = False
    tolerance = 1e-5  # f32 output: s32 sums rounded to f32, times scale, plus bias

    def __init__(self) -> None:
        self._call: partial | None = None

    def _build(self, data: GemmData) -> None:
        self._output = data.problem.output
        (m, k), n = data.weight.shape, data.problem.n
        self._stored_weights = self._weight_bytes = m * k
        self._quantized = self._output == "u8" and n < _FEW_TOKENS
        if self._quantized:
            self._build_linear(data)
        else:
            self._build_pointwise(data)
        self.layout(np.zeros((n, k), np.uint8))

    def _build_linear(self, data: GemmData) -> None:
        import torch

        torch.backends.quantized.engine = "x86"
        bias = torch.from_numpy(np.array(data.bias))
        weights = torch.ops.quantized.linear_prepack(quantized_weights(data), bias)
        after_x = (weights, 1.0, data.problem.y_zero_point)  # Y: scale, zero point
        self._call = partial(_apply, torch.ops.quantized.linear.default, after_x)

    def _build_pointwise(self, data: GemmData) -> None:
        import torch

        dense, n = torch.from_numpy(data.weight.to_dense()), data.problem.n
        m, k = dense.shape
        plain = data.problem.epilogue == "none"
        weights = torch.ops.onednn.qlinear_prepack(dense, [n, k])
        self._weight_bytes = torch.ops.mkldnn._nbytes(weights)
        after_x = (
            1.0,  # X: scale, zero point
            0,
            weights,
            torch.ones(m) if plain else torch.from_numpy(np.array(data.scale)),
            torch.zeros(m, dtype=torch.int32),
            None if plain else torch.from_numpy(np.array(data.bias)),
            1.0,  # Y: scale, zero point
            data.problem.y_zero_point,
            {"u8": torch.uint8, "s8": torch.int8}.get(self._output, torch.float32),
            "none",  # no operation after it
            [],
            "",
        )
        self._call = partial(_apply, torch.ops.onednn.qlinear_pointwise.default, after_x)

    def layout(self, x: np.ndarray) -> Timing:
        """X is taken as it comes."""
        tokens = quantized_tokens(x)
        self._x = tokens if self._quantized else tokens.int_repr()
        return Timing(count=1, wall_ns=0, cpu_ns=0)

    def _multiply(self) -> None:
        self._y = None  # its memory is free for the next
        self._y = self._call(self._x)

    def result(self) -> np.ndarray:
        y = self._y.int_repr() if self._quantized else self._y
        return np.ascontiguousarray(y.numpy().T)

    def implementation(self) -> str:
        return super().implementation() if self._primitive() else "FBGEMM"

    def handicaps(self) -> str:
        return "; ".join(filter(None, [STORES_F32 if self._output == "s32" else "", saturation()]))

    def footprint(self) -> Footprint:
        return Footprint(self._weight_bytes, index_bytes=0, stored_weights=self._stored_weights)

    def release(self) -> None:
        self._call = self._x = self._y = None


def _apply(operator: Any, after_x: tuple[Any, ...], x: Any) -> Any:
    return operator(x, *after_x)
