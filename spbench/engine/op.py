"""One op of a compiled encoder: what runs it, and what it cannot do without."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from spbench.engine.layer_weight import LayerWeight

OpKind = Literal["embedding", "norm", "qkv", "attention", "out", "up", "down", "quantize", "rows"]

_EXPONENTIAL = 5
"""Multiply-adds of a score's exponential: two for its range, three for a cubic."""
_ACTIVATION = {"none": 0, "relu": 0, "gelu": 3, "tanh": 3}  # multiply-adds, see activation_avx512.h
_FLOAT = 4  # bytes


@dataclass(frozen=True)
class Work:
    """What some tokens ask of an op.

    Attributes
    ----------
    int8_ops : float
        2 for a multiplication and its addition, of stored weights only.
    float_ops : float
        Those of f32 that take a multiply-add's place in the pipes that vpdpbusd needs too, 2 each;
        additions and conversions have others.
    activation_bytes : float
        Read; what is written goes its own way.
    weight_bytes : float
        Read once, indices included.
    """

    int8_ops: float
    float_ops: float
    activation_bytes: float
    weight_bytes: float


@dataclass(frozen=True)
class Demand:
    """What an op needs for a token, and for a pair of a query and a key."""

    int8_ops: float = 0
    pair_int8_ops: float = 0
    float_ops: float = 0
    pair_float_ops: float = 0
    activation_bytes: float = 0
    weight_bytes: float = 0

    def of(self, tokens: int, pairs: int) -> Work:
        """``pairs`` is the sum of the squared lengths of the sentences."""
        return Work(
            self.int8_ops * tokens + self.pair_int8_ops * pairs,
            self.float_ops * tokens + self.pair_float_ops * pairs,
            self.activation_bytes * tokens,
            self.weight_bytes,
        )


@dataclass(frozen=True, eq=False)
class Op:
    """An op as it was added to a plan; ``weight`` of products only.

    ``kernels`` are the names of what runs it, that for whole panels first; ``buffer_bytes`` is the
    memory that it writes.
    """

    name: str
    kind: OpKind
    kernels: tuple[str, ...]
    demand: Demand
    buffer_bytes: int
    weight: LayerWeight | None = None


def product_demand(
    weight: LayerWeight, activation: str, has_residual: bool, is_table: bool
) -> Demand:
    """Of Y = W . X with its epilogue: u8 in, perhaps f32 added."""
    m, k = weight.packed.shape
    each = 1 if is_table else 1 + _ACTIVATION[activation]
    return Demand(
        int8_ops=2 * weight.packed.stored_weights,
        float_ops=2 * each * m,
        activation_bytes=k + m * _FLOAT * has_residual,
        weight_bytes=weight.nbytes,
    )


def attention_demand(hidden: int, heads: int) -> Demand:
    """Q . K and P . V in int8, an exponential for each score."""
    return Demand(
        pair_int8_ops=4 * hidden,
        pair_float_ops=2 * _EXPONENTIAL * heads,
        activation_bytes=3 * hidden,
    )


def norm_demand(hidden: int, is_quantised: bool) -> Demand:
    """f32 read twice; three multiply-adds, and one to quantise the result."""
    return Demand(
        float_ops=2 * (3 + is_quantised) * hidden,
        activation_bytes=2 * _FLOAT * hidden,
    )


def quantize_demand(channels: int) -> Demand:
    """f32 read twice, for the largest and for its bytes; a multiply-add."""
    return Demand(float_ops=2 * channels, activation_bytes=2 * _FLOAT * channels)


def copy_demand(hidden: int, sources: int) -> Demand:
    """Rows of f32: ``sources`` are read, one is written."""
    return Demand(activation_bytes=_FLOAT * sources * hidden)
