"""The least time that an op can take on this machine, from its measured limits.

    bound = max(int8 operations / int8 peak + f32 operations / f32 peak,
                bytes read / read bandwidth at the size of what is read again and again)

Multiply-adds of f32 and of int8 share their pipes, so their times add up. Weights are read once
for each group of tokens: the first time from where all the model's weights lie, later from
where those of one stage do (a layer's). Threads are taken to share out everything evenly, each at
the rate of a core that is alone. What takes other pipes (conversions, shuffles, additions) and
what is written are taken to cost nothing. So it is a bound that kernels may come near, not reach.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from spbench.engine.op import Work
from spbench.measure.bandwidth_curve import BandwidthCurve


@dataclass(frozen=True)
class Bound:
    """``by`` is ``"peak"`` or ``"memory"``."""

    time_ns: float
    by: str


@dataclass(frozen=True)
class Limits:
    """One core's, as :func:`spbench.measure.limits.measure_limits` returns them.

    Rates are operations or bytes a nanosecond (GOPS, GB/s).
    """

    int8_peak: float
    f32_peak: float
    bandwidth: BandwidthCurve

    @classmethod
    def of(cls, measured: Mapping[str, Any]) -> Limits | None:
        """None where this CPU has no vpdpbusd, so that its peak is unknown."""
        peaks = measured["int8_peak_gops"], measured["f32_peak_gflops"]
        curve = BandwidthCurve.of(measured["bandwidth_curve"])
        if curve is None or not all(isinstance(peak, int | float) for peak in peaks):
            return None
        return cls(*peaks, curve)


@dataclass(frozen=True)
class Setting:
    """What a call consists of: ``groups`` of tokens on ``threads``, and where weights lie."""

    groups: int
    threads: int
    model_weight_bytes: int
    stage_weight_bytes: float


def bound_of(work: Work, setting: Setting, limits: Limits) -> Bound:
    """Of one op in one call, on all threads together."""
    compute = work.int8_ops / limits.int8_peak + work.float_ops / limits.f32_peak

    def read(count: float, set_bytes: float) -> float:
        return count / limits.bandwidth.at(set_bytes / setting.threads) if count else 0.0

    memory = (
        read(work.activation_bytes, work.activation_bytes / setting.groups)
        + read(work.weight_bytes, setting.model_weight_bytes)
        + read(work.weight_bytes * (setting.groups - 1), setting.stage_weight_bytes)
    )
    each = max(compute, memory) / setting.threads
    return Bound(each, "peak" if compute >= memory else "memory")
