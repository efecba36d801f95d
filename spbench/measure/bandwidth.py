"""What one core reads a second from memory that it reads again and again, by its size.

A cache does not end at a size: a set of twice L2 lies partly in it, one of half L3 shares that
with everything else on the chip. So a curve over sizes is measured, closest where the caches end.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from spbench.measure.rate import best_rate

_KIB = 1 << 10
_SMALLEST = 8 * _KIB
_MOST = 256 << 20
_LARGEST_CACHE = 32 << 20  # where none is told
_CACHES = {"l1": "l1d_bytes", "l2": "l2_bytes", "l3": "l3_bytes"}
_AROUND = (0.5, 0.75, 1, 1.25)
"""Of each cache: half of it leaves room for everything else; beyond it the rate falls steeply."""

_PLACES = 4
_PLACE_SECONDS = 0.014
_PAGE = 4096


def read_curve(
    caches: dict[str, Any], read: Callable[[np.ndarray, int], int]
) -> list[tuple[int, float]]:
    """(bytes, GB/s) by ascending size: in order, one pass after the other. About 1.3 s.

    ``caches`` holds ``l1d_bytes``, ``l2_bytes``, ``l3_bytes`` (int or "unknown").
    ``read(memory, turns)`` reads all of ``memory`` so often and returns the bytes read. All sizes
    are gone through several times, each time at another place, and the best chunk of each counts:
    neither a disturbance that is shorter than all of it nor an unlucky address spoils a size.
    """
    from spbench.kernels.memory import aligned_empty

    sizes = curve_sizes(caches)
    memory = aligned_empty(sizes[-1], np.uint8)
    memory.fill(1)
    best = dict.fromkeys(sizes, 0.0)
    for place in range(_PLACES):
        for size in sizes:
            start = place * (sizes[-1] - size) // _PLACES // _PAGE * _PAGE
            found = best_rate(partial(read, memory[start : start + size]), _PLACE_SECONDS)
            best[size] = max(best[size], found)
    return [(size, round(rate / 1e9, 1)) for size, rate in best.items()]


def curve_sizes(caches: dict[str, Any]) -> list[int]:
    """From 8 KiB to four times the last cache, by a factor of 4 and around the end of each cache."""
    known = [size for size in map(caches.get, _CACHES.values()) if isinstance(size, int)]
    largest = _largest(caches)
    steps = [_SMALLEST << shift for shift in range(0, 30, 2)]
    around = [int(share * size) for size in known for share in _AROUND]
    fitting = {size // _KIB * _KIB for size in (*steps, *around) if _KIB <= size < largest}
    return sorted(fitting | {largest})


def level_sizes(caches: dict[str, Any]) -> dict[str, int | None]:
    """The sizes of the curve that stand for a level: half of each cache, and the largest."""
    halves = {level: caches.get(key) for level, key in _CACHES.items()}
    found = {
        level: min(size // 2, _largest(caches)) // _KIB * _KIB if isinstance(size, int) else None
        for level, size in halves.items()
    }
    return found | {"dram": _largest(caches)}


def _largest(caches: dict[str, Any]) -> int:
    last = next(
        (size for key in ("l3_bytes", "l2_bytes") if isinstance(size := caches.get(key), int)),
        _LARGEST_CACHE,
    )
    return min(4 * last, _MOST) // _KIB * _KIB
