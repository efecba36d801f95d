"""What one core of this machine can do at best, measured: operations and bytes a second."""

from __future__ import annotations

from typing import Any

from spbench.measure.affinity import pinned, usable_cpus, worker_cpus
from spbench.measure.bandwidth import level_sizes, read_curve
from spbench.measure.rate import best_rate

_PEAK_SECONDS = 0.15
_UNKNOWN = "unknown"


def measure_limits(caches: dict[str, Any]) -> dict[str, Any]:
    """Peak and bandwidth of one core, the best chunk of many: about two seconds.

    ``caches`` holds ``l1d_bytes``, ``l2_bytes``, ``l3_bytes`` (int or "unknown").
    Returns ``int8_peak_gops`` (vpdpbusd on registers), ``f32_peak_gflops`` (FMA on
    registers), ``bf16_peak_gflops`` (vdpbf16ps on registers), ``bandwidth_gb_s``
    {l1, l2, l3, dram} for reading a set of half of each cache, or
    of four times the last one, and ``bandwidth_curve``, a list of [bytes, GB/s] for
    sets from 8 KiB on; "unknown" where this CPU lacks the instruction or a cache's size is not told.
    """
    with pinned(worker_cpus(1, usable_cpus())):
        curve = read_curve(caches, _reader())
        rates = dict(curve)
        return {
            "int8_peak_gops": _peak("vpdpbusd_zmm", "avx512vnni"),
            "f32_peak_gflops": _peak("fma_f32_zmm", "avx512f"),
            "bf16_peak_gflops": _peak("vdpbf16ps_zmm", "avx512bf16"),
            "bandwidth_gb_s": {
                level: rates.get(size, _UNKNOWN) for level, size in level_sizes(caches).items()
            },
            "bandwidth_curve": [list(point) for point in curve],
        }


def _features() -> list[str]:
    from spbench.kernels._native import spmm

    return spmm.cpu_features()


def _peak(probe_name: str, feature: str) -> float | str:
    from spbench.kernels._native import probe

    if feature not in _features():
        return _UNKNOWN
    return round(best_rate(getattr(probe, probe_name), _PEAK_SECONDS) / 1e9, 1)


def _reader() -> Any:
    """The probe that reads with the widest registers of this CPU."""
    from spbench.kernels._native import probe

    return probe.read_zmm if "avx512f" in _features() else probe.read_scalar
