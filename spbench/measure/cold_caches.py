"""Caches that hold nothing of what is about to run: another memory is read through all of them."""

from __future__ import annotations

import threading
from functools import cached_property
from typing import Any

import numpy as np

from spbench.measure.affinity import pinned, usable_cpus

_LARGEST_CACHE = 32 << 20  # of a machine that does not tell
_MOST = 256 << 20


class ColdCaches:
    """Empties the caches of the cores that this process may use.

    A memory of twice the last cache is read once, on each core, since each has caches of its own.
    What was in them before is then in DRAM, the library's code and page tables included, as after
    another layer of a large model, or another process. No instruction does it, so that it works
    for any library, wherever it keeps its weights.
    """

    def __init__(self, caches: dict[str, Any]):
        """``caches`` holds ``l2_bytes`` and ``l3_bytes``, int or "unknown"."""
        sizes = [
            size for key in ("l2_bytes", "l3_bytes") if isinstance(size := caches.get(key), int)
        ]
        self._bytes = min(_MOST, 2 * max(sizes, default=_LARGEST_CACHE)) // 1024 * 1024

    @cached_property
    def _memory(self) -> np.ndarray:
        from spbench.kernels.memory import aligned_empty

        memory = aligned_empty(self._bytes, np.uint8)
        memory.fill(1)  # or all pages are one page of zeros
        return memory

    def empty(self, threads: int) -> None:
        """Read the memory here if ``threads`` is 1, else on every core of the process in turn."""
        if threads == 1:
            self._read()
            return
        for cpu in usable_cpus():
            reader = threading.Thread(target=self._read_on, args=(cpu,))
            reader.start()
            reader.join()

    def _read_on(self, cpu: int) -> None:
        with pinned([cpu]):
            self._read()

    def _read(self) -> None:
        from spbench.kernels._native import probe, spmm

        read = probe.read_zmm if "avx512f" in spmm.cpu_features() else probe.read_scalar
        read(self._memory, 1)
