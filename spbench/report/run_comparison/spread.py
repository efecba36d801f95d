"""How far apart two runs of the same thing lie: learnt from repeats, or from the cases.

Rows of an array are the cases of one backend, columns the runs of a side;
entries are logarithms of times (:mod:`spbench.report.run_comparison.log_time`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spbench.report.run_comparison.student import special

_SIGMA = 1.4826
"""Standard deviation over median absolute deviation, for normal numbers."""

_EFFICIENCY = 0.37
"""What the MAD knows for each number, beside a standard deviation (Rousseeuw and Croux, 1993)."""

TAIL_DEGREES = 5
"""Student's t with so many degrees of freedom has tails like those of five runs of one sweep."""

_FEWEST_TO_POOL = 3
"""Below it the variances of cases say nothing of how variances vary."""


@dataclass(frozen=True)
class Spread:
    """Variances of the change D from A to B, for each case and for the mean over cases.

    ``degrees`` are those of Student's t that belong to each variance.
    """

    variances: np.ndarray
    degrees: np.ndarray
    mean_variance: float
    mean_degrees: float


def from_repeats(a: np.ndarray, b: np.ndarray, rounds: np.ndarray) -> Spread:
    """From the repeats of a side, where at least one side has several.

    ``rounds`` are the variances of D that the rounds alone explain, a lower bound.
    The model is two-way: case plus run plus the rest. The mean over cases moves
    between the runs of a side by the shared part; what remains of a case is its own
    part, whose variances are moderated over the cases: each is drawn to the common
    one as far as they look alike (Smyth, Stat. Appl. Genet. Mol. Biol. 3, 2004). Degrees of
    freedom of the sum are Satterthwaite's (Biometrics Bulletin, 1946).
    """
    cases = len(a)
    degrees = a.shape[1] + b.shape[1] - 2
    per_run = 1 / a.shape[1] + 1 / b.shape[1]
    sides = (a, b)
    shared = sum(_squares(side.mean(axis=0)) for side in sides) / degrees
    own = sum(_residual_squares(side) for side in sides) / (degrees * max(1, cases - 1) / cases)
    own, own_degrees = _moderated(own, degrees)
    own = own * (cases - 1) / cases  # the mean over cases has the rest of it already
    total = shared + own
    with np.errstate(divide="ignore", invalid="ignore"):
        joined = total**2 / (shared**2 / degrees + own**2 / own_degrees)
    return Spread(
        np.maximum(total * per_run, rounds),
        np.where(total > 0, joined, degrees),
        max(shared * per_run, float(rounds.mean()) / cases),
        degrees,
    )


def from_cases(changes: np.ndarray, rounds: np.ndarray, kinds: np.ndarray | None = None) -> Spread:
    """From one run a side: the robust spread of D over the cases of a kind around their median.

    ``kinds`` says which cases belong together (None: all do): a product of one token, a
    microsecond long and bound by memory, moves several times as far between runs as one of
    many tokens, and a single spread would be wrong for both. Most cases of a kind are
    assumed not to have changed among themselves. What the rounds explain of that spread is
    taken off and put back case by case, as meta-analysis does it (DerSimonian and Laird,
    Control. Clin. Trials, 1986). The shared part is not in the spread; it is taken to be as
    large, in the mean as well as in each case.

    A single case now and then moves ten times as far as its kind does: the distribution has
    heavy tails, so that a case never has more than ``TAIL_DEGREES`` degrees of freedom.
    """
    kinds = np.zeros(len(changes), int) if kinds is None else kinds
    groups = [np.flatnonzero(kinds == kind) for kind in np.unique(kinds)]
    cases = len(changes)
    spreads, own, degrees = np.empty(cases), np.empty(cases), np.empty(cases)
    for members in groups:
        spread = _robust_variance(changes[members])
        spreads[members] = spread
        own[members] = max(0.0, spread - float(np.median(rounds[members])))
        degrees[members] = _EFFICIENCY * (len(members) - 1)
    return Spread(
        spreads + own + rounds,
        np.minimum(degrees, TAIL_DEGREES),
        float(spreads.mean()) + float((own + rounds).sum()) / cases**2,
        _EFFICIENCY * (cases - len(groups)),
    )


def _robust_variance(values: np.ndarray) -> float:
    """From the median absolute deviation; 0 of a single value."""
    count = len(values)
    deviation = float(np.median(np.abs(values - np.median(values))))
    return (_SIGMA * deviation * count / (count - 0.8)) ** 2  # Croux and Rousseeuw, 1992


def _squares(values: np.ndarray) -> float:
    return float(((values - values.mean()) ** 2).sum())


def _residual_squares(times: np.ndarray) -> np.ndarray:
    """Squares of what neither the case nor the run explains, summed for each case."""
    by_case, by_run = times.mean(axis=1, keepdims=True), times.mean(axis=0, keepdims=True)
    return ((times - by_case - by_run + times.mean()) ** 2).sum(axis=1)


def _moderated(variances: np.ndarray, degrees: int) -> tuple[np.ndarray, float]:
    """Each variance drawn to the common one, and the degrees of freedom that it then has."""
    if len(variances) < _FEWEST_TO_POOL or not np.median(variances):
        return variances, degrees
    common, weight = _prior(variances, degrees)
    pooled = degrees * (len(variances) - 1)
    if np.isinf(weight):
        return np.full(len(variances), common), pooled
    moderated = (weight * common + degrees * variances) / (weight + degrees)
    return moderated, min(weight + degrees, pooled)


def _prior(variances: Sequence[float], degrees: int) -> tuple[float, float]:
    """The common variance, and for how many degrees of freedom it counts (Smyth, section 6.2).

    From mean and variance of the logarithms of the variances, whose own scatter is
    known; infinite where they do not vary more than that.
    """
    from scipy.optimize import brentq

    digamma, polygamma = special().digamma, special().polygamma
    floor = 1e-5 * float(np.median(variances))  # a zero has no logarithm
    logs = np.log(np.maximum(variances, floor)) - digamma(degrees / 2) + np.log(degrees / 2)
    excess = float(np.var(logs, ddof=1)) - float(polygamma(1, degrees / 2))
    if excess <= polygamma(1, 1e6):
        return float(np.exp(logs.mean())), np.inf
    half = brentq(lambda x: polygamma(1, x) - excess, 1e-3, 1e6)
    return float(np.exp(logs.mean() + digamma(half) - np.log(half))), 2 * half
