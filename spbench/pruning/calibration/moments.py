"""Moments of a linear layer's inputs and of the answers wanted from it, over tokens.

With x [K] an input and t [M] the answer wanted for it, the mean squared error of any weight W and
bias b is known from

    mean x, mean t          covariance E[x x^T]          cross E[t x^T]          power E[|t|^2]

(the last three centred), so that tokens need not be kept. The covariance is half the Hessian of
the error of every output channel (Hassibi, Stork, Wolff, Optimal Brain Surgeon, 1993).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import numpy as np


@dataclass(frozen=True, eq=False)
class Answer:
    """What one layer should answer.

    Attributes
    ----------
    mean : f64 [M]
    cross : f64 [M, K]
        Covariance of answers with inputs.
    power : float
        Variance of the answers, summed over channels.
    """

    mean: np.ndarray
    cross: np.ndarray
    power: float


@dataclass(frozen=True, eq=False)
class Moments:
    """Of one input, and of the answers of the layers that share it.

    Attributes
    ----------
    tokens : int
    mean : f64 [K]
    covariance : f64 [K, K]
    answers : mapping of a layer's part in its block (``query``) to :class:`Answer`
    """

    tokens: int
    mean: np.ndarray
    covariance: np.ndarray
    answers: Mapping[str, Answer]

    @property
    def squares(self) -> np.ndarray:
        """E[x^2] of each input channel, f64 [K]."""
        return np.diag(self.covariance) + np.square(self.mean)

    def error(self, part: str, weight: np.ndarray, bias: np.ndarray) -> float:
        """Mean squared error of a layer, as a share of the variance of its wanted answers.

        0 is a perfect layer, 1 one that answers their mean whatever it sees.
        """
        answer, weight = self.answers[part], weight.astype(np.float64)
        fit = np.vdot(weight @ self.covariance - 2 * answer.cross, weight)
        shift = answer.mean - weight @ self.mean - bias
        return float((answer.power + fit + shift @ shift) / (answer.power or 1.0))


@dataclass(eq=False)
class MomentSums:
    """Sums over tokens around a fixed point, which make :class:`Moments`; sums add up.

    Sums of one piece are products in f32 over values near the point; they are added in f64.
    """

    tokens: int
    point: np.ndarray  # f32 [K], near the mean of the inputs
    inputs: np.ndarray  # [K]
    squares: np.ndarray  # [K, K]
    answers: dict[str, list[np.ndarray | float]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, inputs: np.ndarray, answers: Mapping[str, np.ndarray], point: np.ndarray
    ) -> MomentSums:
        """Of tokens' ``inputs`` f32 [tokens, K] and wanted ``answers`` f32 [tokens, M]."""
        near = inputs - point
        sums = cls(len(inputs), point, near.sum(axis=0, dtype=np.float64), near.T @ near)
        for part, values in answers.items():
            power = float(np.square(values, dtype=np.float64).sum())
            sums.answers[part] = [
                values.sum(axis=0, dtype=np.float64), values.T @ near, power
            ]  # fmt: skip
        return sums

    def __iadd__(self, other: MomentSums) -> Self:
        self.tokens += other.tokens
        self.inputs = self.inputs + other.inputs
        self.squares = _added(self.squares, other.squares)
        for part, theirs in other.answers.items():
            mine = self.answers[part]
            self.answers[part] = [
                mine[0] + theirs[0], _added(mine[1], theirs[1]), mine[2] + theirs[2]
            ]  # fmt: skip
        return self

    def moments(self) -> Moments:
        """Centred, and divided by the number of tokens."""
        n = self.tokens
        shift = self.inputs / n
        covariance = self.squares / n - np.outer(shift, shift)
        answers = {}
        for part, (total, cross, power) in self.answers.items():
            mean = total / n
            centred = max(0.0, power / n - float(mean @ mean))
            answers[part] = Answer(mean, cross / n - np.outer(mean, shift), centred)
        return Moments(n, self.point + shift, covariance, answers)


def _added(total: np.ndarray, more: np.ndarray) -> np.ndarray:
    """In f64, in place from the second addition on."""
    if total.dtype != np.float64:
        total = total.astype(np.float64)
    total += more
    return total
