"""What keeps libraries from their best on this CPU, in the words that several backends use."""

from __future__ import annotations

GENERIC_PATH = "generic path, as the CPU is not made by Intel"

STORES_F32 = "s32 sums stored as f32, as many bytes"

SATURATES = "no VNNI, so 16-bit sums can saturate"


_EXACT = ("amx_int8", "avx512vnni", "avxvnni")
"""Instructions that sum u8 x s8 in 32 bits at once, best first."""


def saturation() -> str:
    """A clause for ``Backend.handicaps``; empty on a CPU whose int8 sums are exact."""
    return "" if int8_isa() else SATURATES


def int8_isa() -> str:
    """What a library that goes by the CPU's features alone multiplies int8 with; else empty."""
    from spbench.kernels._native import spmm

    features = spmm.cpu_features()
    return next((name for name in _EXACT if name in features), "")
