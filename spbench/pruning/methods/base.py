"""One interface for all methods: a layer's problem in, scores, masks and updated weights out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import numpy as np

from spbench.formats import BlockShape
from spbench.pruning.calibration import Linear, Moments
from spbench.pruning.masks import expand, keep_count
from spbench.pruning.scores import Norm
from spbench.pruning.threads import Pool


class Sees(Enum):
    """What a method looks at besides the weights."""

    WEIGHTS = "nothing but the weights"
    INPUTS = "what a layer sees and should answer, on calibration text"
    GRADIENTS = "how the model's output moves with its weights, on calibration text"


@dataclass(frozen=True, eq=False)
class Problem:
    """One linear layer that shall lose blocks.

    Attributes
    ----------
    name : str
    layer : Linear
        Dense weight f32 [M, K] and bias f32 [M]; a bias of zeros where the layer has none.
    block : BlockShape
    norm : Norm
        Of magnitude pruning.
    part : str
        The layer's name among those that share ``moments``.
    moments : Moments, optional
        For methods that see inputs.
    saliency : f32 [M, K], optional
        For methods that see gradients.
    allowed : bool [block_rows, block_cols], optional
        Blocks that an earlier step of a schedule has left; all, by default.
    """

    name: str
    layer: Linear
    block: BlockShape
    norm: Norm = "l2"
    part: str = ""
    number: int = 0
    moments: Moments | None = None
    saliency: np.ndarray | None = None
    allowed: np.ndarray | None = None

    @property
    def weight(self) -> np.ndarray:
        return self.layer.weight


@dataclass(frozen=True, eq=False)
class Solution:
    """A pruned layer.

    Attributes
    ----------
    mask : bool [block_rows, block_cols]
    layer : Linear
        Zero in every block that the mask drops.
    """

    mask: np.ndarray
    layer: Linear


class Method(Protocol):
    """A way to choose blocks; see the files of this package."""

    name: str
    sees: Sees
    updates: bool  # whether kept weights and biases change

    def scores(self, problem: Problem) -> np.ndarray:
        """What each block is worth, f64 [block_rows, block_cols], none below 0.

        In scope ``global`` blocks of different layers are compared by it.
        """

    def solve(
        self, problems: Sequence[Problem], counts: Sequence[int], pool: Pool
    ) -> list[Solution]:
        """Layers that share an input, each with so many of its blocks left."""

    def sketch(self, problem: Problem, count: int, pool: Pool) -> Solution:
        """As :meth:`solve`, with less care: enough to tell how much a layer bears."""


class ScoreMethod:
    """A method that keeps the blocks of the highest scores, and their weights as they are."""

    name: str
    sees: Sees
    updates = False

    def scores(self, problem: Problem) -> np.ndarray:
        """See :class:`Method`."""
        raise NotImplementedError

    def solve(
        self, problems: Sequence[Problem], counts: Sequence[int], pool: Pool
    ) -> list[Solution]:
        """See :class:`Method`."""
        return [self.sketch(*one, pool) for one in zip(problems, counts, strict=True)]

    def sketch(self, problem: Problem, count: int, pool: Pool) -> Solution:
        """See :class:`Method`; there is no greater care to take."""
        mask = keep_count(self.scores(problem), count, problem.allowed)
        weight = problem.weight
        kept = np.where(expand(mask, problem.block, weight.shape), weight, np.float32(0))
        return Solution(mask, Linear(kept, problem.layer.bias))
