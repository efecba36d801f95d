"""What one replaced layer does to the model's sentence embeddings."""

from __future__ import annotations

import numpy as np

from spbench.formats.encoder import Encoder
from spbench.pruning.calibration.block import Block, Linear
from spbench.pruning.calibration.sample import Sample
from spbench.pruning.threads import Threads
from spbench.quantization.float_encoder import FloatEmbedding

_TEXTS = 48


class Fidelity:
    """The dense model's hidden states before every block, on the first texts of a sample.

    Parameters
    ----------
    encoder : Encoder
    sample : Sample
        Of which few texts are taken: the whole model runs on them once for every layer.
    threads : Threads
        Entered already.
    """

    def __init__(self, encoder: Encoder, sample: Sample, threads: Threads):
        every = max(1, len(sample.ids) // _TEXTS)
        texts = sample.ids[::every][:_TEXTS]
        self._encoder, self._threads = encoder, threads
        self._lengths = [len(ids) for ids in texts]
        self._cuts = np.cumsum(self._lengths)[:-1]
        self._before = [FloatEmbedding(encoder)(texts)]
        for number in range(encoder.config.layers):
            self._before.append(self._run(number, self._before[-1], {}))
        self._dense = self._embeddings(self._before.pop())

    def loss(self, number: int, part: str, layer: Linear) -> float:
        """1 - mean cosine of embeddings to the dense ones, were ``layer`` in its place."""
        x = self._run(number, self._before[number], {part: layer})
        for later in range(number + 1, self._encoder.config.layers):
            x = self._run(later, x, {})
        return float(1 - (self._embeddings(x) * self._dense).sum(axis=1).mean())

    def _run(self, number: int, x: np.ndarray, replaced: dict[str, Linear]) -> np.ndarray:
        block = Block(self._encoder, number)
        texts = np.split(x, self._cuts)
        return np.concatenate(list(self._threads.map(_forward, (block, replaced), texts)))

    def _embeddings(self, x: np.ndarray) -> np.ndarray:
        means = np.stack([text.mean(axis=0) for text in np.split(x, self._cuts)])
        return means / np.linalg.norm(means, axis=1, keepdims=True)


def _forward(shared: tuple[Block, dict[str, Linear]], text: np.ndarray) -> np.ndarray:
    block, replaced = shared
    return block.forward({**block.dense, **replaced}, text, [len(text)])
