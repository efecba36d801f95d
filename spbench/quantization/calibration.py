"""Scales of activations from sample sentences: one scale and zero point for each tensor."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from spbench.formats.checkpoint import Checkpoint
from spbench.formats.encoder import Encoder, EncoderConfig
from spbench.quantization.activation_choice import ActivationChoice
from spbench.quantization.clipping import Clipping
from spbench.quantization.float_encoder import POINTS, SIGNED, FloatEncoder
from spbench.quantization.histogram import Histogram
from spbench.quantization.scale import ActivationScales, LayerScales

_BATCH_TOKENS = 1024
"""Sentences that pass the f32 encoder together: enough for BLAS, and their activations small."""


@dataclass(frozen=True, eq=False)
class Calibration:
    """What one f32 pass over sample sentences showed.

    Attributes
    ----------
    config : EncoderConfig
    seen : dict
        (point, layer) to the values that passed there.
    means : f32 [layers, sentences, hidden]
        Mean of each sentence's tokens after each layer.
    """

    config: EncoderConfig
    seen: dict[tuple[str, int], Histogram]
    means: np.ndarray

    @classmethod
    def of(cls, checkpoint: Checkpoint, sentences: Iterable[np.ndarray]) -> Calibration:
        """``sentences`` yields token ids [tokens]: in the vocabulary, no more than positions exist.

        Raises :class:`InputError` for a model that is no encoder, ValueError without sentences.
        """
        model = FloatEncoder(Encoder.of(checkpoint))
        seen: dict[tuple[str, int], Histogram] = defaultdict(Histogram)
        means = []
        for batch in _batches(sentences):
            after = model.layers_of(batch, lambda point, layer, x: seen[point, layer].add(x))
            ends = np.cumsum([len(ids) for ids in batch])[:-1]
            means.append([[part.mean(axis=0) for part in np.split(x, ends)] for x in after])
        if not means:
            raise ValueError("calibration needs at least one sentence")
        return cls(model.config, dict(seen), np.concatenate(means, axis=1))

    def choices(self, clipping: Clipping) -> list[ActivationChoice]:
        """For each layer, what its activation is computed by."""
        return [
            ActivationChoice.of(
                self.config.activation,
                self.seen["raised", layer],
                clipping.scale(self.seen["activated", layer], signed=False),
            )
            for layer in range(self.config.layers)
        ]

    def scales(self, clipping: Clipping) -> ActivationScales:
        """For each layer, of each point; a table's input by the error behind the activation."""
        return [
            LayerScales(
                {
                    point: choice.raised
                    if point == "raised"
                    else clipping.scale(self.seen[point, layer], signed=point in SIGNED)
                    for point in POINTS
                },
                choice.by,
            )
            for layer, choice in enumerate(self.choices(clipping))
        ]


def calibrate(
    checkpoint: Checkpoint,
    token_batches: Iterable[np.ndarray],
    clipping: Clipping | None = None,
) -> ActivationScales:
    """Scales for ``checkpoint`` from an f32 forward pass over sentences, unchecked.

    ``token_batches`` yields token ids [tokens] of one sentence, or [sentences, tokens] without
    padding. ``clipping`` is min-max unless given. Raises as :meth:`Calibration.of`. What
    :func:`spbench.engine.quantize` does besides: compare methods, and refuse a bad one.
    """
    sentences = (ids for batch in token_batches for ids in np.atleast_2d(batch))
    return Calibration.of(checkpoint, sentences).scales(clipping or Clipping("min-max"))


def _batches(sentences: Iterable[np.ndarray]) -> Iterator[list[np.ndarray]]:
    batch: list[np.ndarray] = []
    for ids in sentences:
        batch.append(ids)
        if sum(map(len, batch)) >= _BATCH_TOKENS:
            yield batch
            batch = []
    if batch:
        yield batch
