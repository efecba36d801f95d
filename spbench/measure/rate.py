"""The highest rate of something that is done over and over: what a machine can do at best."""

from __future__ import annotations

import time
from collections.abc import Callable

_CHUNK_SECONDS = 0.002  # long enough for the clock, short enough to fit between disturbances


def best_rate(run: Callable[[int], int], seconds: float) -> float:
    """Highest rate, per second, of ``run(turns)``, which returns what it has done.

    The best chunk of ``seconds`` counts; there is one at least.
    """
    turns = 1
    while (elapsed := _timed(run, turns)[0]) < _CHUNK_SECONDS and turns < 1 << 40:
        turns = max(2 * turns, int(turns * _CHUNK_SECONDS / max(elapsed, 1e-9)))
    best, stop = 0.0, time.perf_counter() + seconds
    while best == 0.0 or time.perf_counter() < stop:
        elapsed, done = _timed(run, turns)
        best = max(best, done / elapsed)
    return best


def _timed(run: Callable[[int], int], turns: int) -> tuple[float, int]:
    start = time.perf_counter()
    done = run(turns)
    return time.perf_counter() - start, done
