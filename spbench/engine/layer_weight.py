"""A layer's weight in the form that multiplies fastest: in blocks of some shape, or dense int8."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spbench.engine.timings import Timings
from spbench.engine.weight_form import DENSE, WeightForm, candidate_forms
from spbench.formats import BlockSparseMatrix
from spbench.kernels import DenseWeight, Epilogue, PackedWeight, Panels, Spmm
from spbench.quantization import quantize_weight

_TOKENS = 64
_ROUNDS = 7
_BUDGET_NS = 30_000_000  # of all rounds of a layer
_GAIN = 0.97  # less is noise: then the form that is expected to be faster


@dataclass(frozen=True, eq=False)
class LayerWeight:
    """W, packed, and the scale f32 [M] of each output channel.

    Attributes
    ----------
    packed : PackedWeight or DenseWeight
    scale : f32 [M]
    sparsity : float
        Share of weights that lie in no stored block of the best block shape.
    reason : str
        Why it is packed as it is, in a few words.
    """

    packed: PackedWeight | DenseWeight
    scale: np.ndarray
    sparsity: float
    reason: str

    @classmethod
    def of(cls, weight: np.ndarray, timings: Timings | None = None) -> LayerWeight:
        """Quantise W f32 [M, K] and pack it in the form that is fastest on this CPU.

        Where that is not clear it is measured, unless ``timings`` has such a weight already.
        """
        quantised, scale = quantize_weight(weight)
        forms = candidate_forms(quantised)
        sparsity = max(form.sparsity for form in forms)
        if len(forms) == 1:
            reason = "no blocks to skip" if forms[0] is DENSE else "clearly sparse"
            return cls(_pack(quantised, forms[0]), scale, sparsity, reason)
        packed = {form.name: _pack(quantised, form) for form in forms}
        times = _times(forms, packed, timings or Timings())
        best = _fastest(times)
        return cls(packed[best], scale, sparsity, _reason(times, best))

    @property
    def nbytes(self) -> int:
        """Weights and indices."""
        return self.packed.weights.nbytes + self.packed.index_bytes

    @property
    def form(self) -> str:
        """``"dense"`` or the block shape."""
        return str(self.packed.block) if isinstance(self.packed, PackedWeight) else "dense"


def _pack(weight: np.ndarray, form: WeightForm) -> PackedWeight | DenseWeight:
    if form.block is None:
        return DenseWeight.pack(weight)
    return PackedWeight.pack(BlockSparseMatrix.from_dense(weight, form.block))


def _fastest(times: dict[str, float]) -> str:
    """The first form, unless another is clearly faster."""
    first, best = next(iter(times)), min(times, key=times.__getitem__)
    return best if times[best] < _GAIN * times[first] else first


def _reason(times: dict[str, float], best: str) -> str:
    others = [
        f"{times[best] / time_ns:.2f} of {name}" for name, time_ns in times.items() if name != best
    ]
    return f"measured: {best} takes {', '.join(others)}"


def _times(
    forms: Sequence[WeightForm],
    packed: dict[str, PackedWeight | DenseWeight],
    timings: Timings,
) -> dict[str, float]:
    m, k = next(iter(packed.values())).shape
    key = f"{m}x{k} " + " ".join(f"{form.name}@{form.sparsity:.2f}" for form in forms)
    times = timings.get(key)
    if times is None or times.keys() != packed.keys():
        times = _measure(packed)
        timings.put(key, times)
    return {name: times[name] for name in packed}


def _measure(packed: dict[str, PackedWeight | DenseWeight]) -> dict[str, float]:
    """Nanoseconds of a product with 64 tokens: the best of a few, turn by turn."""
    m, k = next(iter(packed.values())).shape
    x = Panels.from_array(np.zeros((k, _TOKENS), np.uint8))
    epilogue = Epilogue("u8", scale=np.ones(m, np.float32), bias=np.zeros(m, np.float32))
    calls = {name: Spmm(weight, x, epilogue, num_threads=1) for name, weight in packed.items()}
    best = dict.fromkeys(packed, float("inf"))
    start = time.perf_counter_ns()
    for rounds in range(_ROUNDS):
        if rounds > 1 and time.perf_counter_ns() - start > _BUDGET_NS:
            break
        for name, call in calls.items():
            before = time.perf_counter_ns()
            call.run()
            best[name] = min(best[name], time.perf_counter_ns() - before)
    return best
