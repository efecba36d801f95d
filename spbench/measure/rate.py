"""The highest rate of something that is done over and over: what a machine can do at best."""

from __future__ import annotations

import time
from collections.abc import Callable

_CHUNK_SECONDS = 0.002  # long enough for the clock, short enough to fit between disturbances


def best_rate(run: Callable[[int], int], seconds: float) -> float:
    """Highest rate, per second, of ``run(turns)``, which returns what it has done.

    The best chunk of ``seconds`` counts; there is one at least. Time is this thread's on a core:
    where others have the core meanwhile, chunks would come out too short to outweigh their call.
    """
    turns = 1
    while (elapsed := _quickest(run, turns)) < _CHUNK_SECONDS and turns < 1 << 40:
        turns = max(2 * turns, int(turns * _CHUNK_SECONDS / max(elapsed, 1e-9)))
    best, stop = 0.0, time.perf_counter() + seconds
    while best == 0.0 or time.perf_counter() < stop:
        elapsed, done = _timed(run, turns)
        best = max(best, done / elapsed)
    return best


def _quickest(run: Callable[[int], int], turns: int) -> float:
    """Of two tries: the first call meets cold caches."""
    return min(_timed(run, turns)[0] for _ in range(2))


def _timed(run: Callable[[int], int], turns: int) -> tuple[float, int]:
    start = time.thread_time()
    done = run(turns)
    return time.thread_time() - start, done
