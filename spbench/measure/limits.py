"""What one core of this machine can do at best, measured: operations and bytes a second."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from spbench.measure.affinity import pinned, usable_cpus, worker_cpus

_CHUNK_SECONDS = 0.002  # long enough for the clock, short enough to fit between disturbances
_SECONDS = 0.15  # a limit; the best chunk counts
_UNKNOWN = "unknown"


def measure_limits(caches: dict[str, Any]) -> dict[str, Any]:
    """Peak and bandwidth of one core, the best chunk of many: about a second.

    ``caches`` holds ``l1d_bytes``, ``l2_bytes``, ``l3_bytes`` (int or "unknown").
    Returns ``int8_peak_gops`` (vpdpbusd on registers), ``f32_peak_gflops`` (FMA on
    registers) and ``bandwidth_gb_s`` {l1, l2, l3, dram} for reading; "unknown" where
    this CPU lacks the instruction or a cache's size is not told.
    """
    with pinned(worker_cpus(1, usable_cpus())):
        return {
            "int8_peak_gops": _peak("vpdpbusd_zmm", "avx512vnni"),
            "f32_peak_gflops": _peak("fma_f32_zmm", "avx512f"),
            "bandwidth_gb_s": {
                level: _read_bandwidth(size) for level, size in _working_sets(caches).items()
            },
        }


def _features() -> list[str]:
    from spbench.kernels._native import spmm

    return spmm.cpu_features()


def _peak(probe_name: str, feature: str) -> float | str:
    from spbench.kernels._native import probe

    if feature not in _features():
        return _UNKNOWN
    return round(_best_rate(getattr(probe, probe_name)) / 1e9, 1)


def _read_bandwidth(size: int | str) -> float | str:
    from spbench.kernels._native import probe
    from spbench.kernels.memory import aligned_empty

    if not isinstance(size, int):
        return _UNKNOWN
    memory = aligned_empty(max(1, size // 1024) * 1024, np.uint8)
    memory.fill(1)
    read = probe.read_zmm if "avx512f" in _features() else probe.read_scalar
    return round(_best_rate(lambda turns: read(memory, turns)) / 1e9, 1)


def _working_sets(caches: dict[str, Any]) -> dict[str, int | str]:
    """Half of each cache, so that the rest of the process has room; four times the last level."""
    l1, l2, l3 = (caches.get(key, _UNKNOWN) for key in ("l1d_bytes", "l2_bytes", "l3_bytes"))

    def half(size: Any) -> int | str:
        return size // 2 if isinstance(size, int) else _UNKNOWN

    last = next((size for size in (l3, l2) if isinstance(size, int)), 32 << 20)
    return {"l1": half(l1), "l2": half(l2), "l3": half(l3), "dram": min(4 * last, 256 << 20)}


def _best_rate(run: Callable[[int], int]) -> float:
    """Highest rate, per second, of ``run(turns)``, which returns what it has done."""
    turns = 1
    while (elapsed := _timed(run, turns)[0]) < _CHUNK_SECONDS and turns < 1 << 40:
        turns = max(2 * turns, int(turns * _CHUNK_SECONDS / max(elapsed, 1e-9)))
    best, stop = 0.0, time.perf_counter() + _SECONDS
    while best == 0.0 or time.perf_counter() < stop:
        elapsed, done = _timed(run, turns)
        best = max(best, done / elapsed)
    return best


def _timed(run: Callable[[int], int], turns: int) -> tuple[float, int]:
    start = time.perf_counter()
    done = run(turns)
    return time.perf_counter() - start, done
