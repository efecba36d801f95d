"""PyTorch, dense int8: ``torch._int_mm``, u8 activations times s8 weights, s32 sums.

Prepared beforehand: nothing but the weights' copy, a view transposed to [K, M]. Layout: none.
Timed: ``torch._int_mm(X, W^T, out=Y)``, which packs the weights in each call. It takes u8
as it is, so that nothing is shifted by 128 or corrected for.
"""

from __future__ import annotations

import numpy as np

from spbench.backends.base import Footprint, Timing
from spbench.backends.handicaps import saturation
from spbench.backends.torch_library import TorchInt8
from spbench.formats import GemmData, GemmProblem

_LEAST_K = 2
"""Of one input channel PyTorch 2.13 gives wrong sums; another of zeros is added."""


class TorchIntMm(TorchInt8):
    """The plain integer product of PyTorch, for whoever quantises by hand."""

    name = "torch-int-mm"
    title = "PyTorch int8 dense, _int_mm"
    dtype = "u8s8s32"
    sparse = False

    def supports(self, problem: GemmProblem, threads: int) -> str:
        if problem.output != "s32":
            return f"output {problem.output}: torch._int_mm has s32 sums, without an epilogue"
        return ""

    def _build(self, data: GemmData) -> None:
        import torch

        from spbench.kernels.memory import aligned_zeros

        (m, k), n = data.weight.shape, data.problem.n
        self._stored_weights = m * k
        padding = max(0, _LEAST_K - k)
        dense = np.pad(data.weight.to_dense(), ((0, 0), (0, padding)))
        self._x = aligned_zeros((n, k + padding), np.uint8)
        self._y = aligned_zeros((n, m), np.int32)
        self._weights = torch.from_numpy(dense)
        self._source, self._target = torch.from_numpy(self._x), torch.from_numpy(self._y)
        self._transposed = self._weights.T

    def layout(self, x: np.ndarray) -> Timing:
        """X is taken as it comes."""
        self._x[:, : x.shape[1]] = x
        return Timing(count=1, wall_ns=0, cpu_ns=0)

    def _multiply(self) -> object:
        import torch

        return torch._int_mm(self._source, self._transposed, out=self._target)

    def result(self) -> np.ndarray:
        return np.ascontiguousarray(self._y.T)

    def handicaps(self) -> str:
        return "; ".join(filter(None, ["packs the weights in each call", saturation()]))

    def footprint(self) -> Footprint:
        return Footprint(self._weights.numel(), index_bytes=0, stored_weights=self._stored_weights)

    def release(self) -> None:
        self._x = self._y = self._weights = self._source = self._target = self._transposed = None
