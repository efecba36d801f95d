"""SNIP with momentum: weight times gradient, averaged over batches of text."""

from __future__ import annotations

import numpy as np

from spbench.pruning.methods.base import Problem, ScoreMethod, Sees
from spbench.pruning.scores import block_sizes, block_sums


class SnipMomentum(ScoreMethod):
    """Keeps the blocks whose loss would move the sentence embedding most, to first order.

    Source: Lee, Ajanthan, Torr, SNIP: Single-shot Network Pruning based on Connection Sensitivity,
    ICLR 2019; with momentum over batches as in Intel Neural Compressor, which arXiv 2306.16601
    pruned its models with. What stands in for a loss: :mod:`spbench.pruning.calibration.saliency`.
    """

    name = "snip-momentum"
    sees = Sees.GRADIENTS

    def scores(self, problem: Problem) -> np.ndarray:
        """Mean over a block of \\|w * gradient\\|."""
        sizes = block_sizes(problem.weight.shape, problem.block)
        return block_sums(problem.saliency, problem.block) / sizes
