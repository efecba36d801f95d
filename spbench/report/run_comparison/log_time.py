"""A row's time as one number with its error: the logarithm of time over the control's time."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from spbench.measure.statistics import CONFIDENCE, median_interval, paired_ratios
from spbench.store.schema import Row

_Z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)


@dataclass(frozen=True)
class LogTime:
    """Natural logarithm of a row's time, of nanoseconds or of multiples of the control's time.

    ``error`` is the standard error that the scatter of the rounds leaves.
    """

    value: float
    error: float
    rounds: int


def log_time(row: Row, adjusted: bool) -> LogTime:
    """The row's time; ``adjusted``: divided, round by round, by the control's.

    The standard error is the length of the median's order-statistic interval over
    that of a standard normal one (McKean and Schrader, Commun. Statist. B, 1984): no
    distribution of the timings is assumed.
    """
    times = np.asarray(row.samples_ns, float)
    if adjusted:
        times = paired_ratios(row.samples_ns, row.control_samples_ns)
    interval = median_interval(np.log(times))
    return LogTime(interval.value, (interval.high - interval.low) / (2 * _Z), len(times))
