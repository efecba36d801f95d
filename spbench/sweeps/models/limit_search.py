"""The highest throughput under a latency limit, without trying everything.

The paper's method (arXiv 2306.16601, section 4): over the number of instances and of cores of each,
and the sentences of a call up to 8, the highest throughput whose 99th percentile stays within the
limit. A call with more sentences takes longer, so the largest number within the limit is bisected.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from spbench.measure.statistics import Interval


@dataclass(frozen=True)
class Trial:
    """One setting, as it was measured. ``throughput`` is sequences a second of all instances."""

    instances: int
    threads: int
    batch: int
    time_ns: Interval  # median of a call
    p99_ns: float
    throughput: float
    lost_share: float  # of the calls: other processes had their core


def search(measure: Callable[[int], Trial], limit_ns: float, most: int) -> list[Trial]:
    """Trials from which the largest batch within the limit is known: 1, ``most``, then bisecting.

    ``measure`` tries a batch. If already 1 is too slow, it is the only one.
    """
    tried = [measure(1)]
    if tried[0].p99_ns > limit_ns or most == 1:
        return tried
    tried.append(measure(most))
    within, over = 1, most
    if tried[1].p99_ns <= limit_ns:
        return tried
    while over - within > 1:
        middle = (within + over) // 2
        tried.append(measure(middle))
        if tried[-1].p99_ns <= limit_ns:
            within = middle
        else:
            over = middle
    return tried


def best_of(tried: Sequence[Trial], limit_ns: float) -> Trial | None:
    """Of those within the limit the one with the highest throughput."""
    within = [trial for trial in tried if trial.p99_ns <= limit_ns]
    return max(within, key=lambda trial: trial.throughput, default=None)
