"""The whole of quantising: a checkpoint and sentences in; scales that the engine has proved, out.

Scales come from an f32 pass (:mod:`spbench.quantization`). Then the int8 engine itself runs the
same sentences, and its sentence embeddings are compared with those of f32: calibration can ruin a
model, so what loses too much is refused, with the layer in which it does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from spbench.engine.engine import Engine
from spbench.errors import InputError
from spbench.formats.checkpoint import Checkpoint
from spbench.formats.encoder import Encoder
from spbench.quantization import ActivationScales, Calibration, Clipping
from spbench.quantization.record import (
    RECORD_NAME,
    LayerResult,
    QuantizationRecord,
    Sample,
    Step,
    read_record,
)
from spbench.quantization.scales_file import write_scales
from spbench.quantization.settings import QuantizationSettings
from spbench.texts import Tokens, read_text_file, read_tokenizer

MOST_LOSS = 0.02
"""Of the mean cosine of sentence embeddings to f32 that calibration may cost."""
_RUN_TOKENS = 1024


@dataclass(frozen=True, eq=False)
class Trial:
    """One choice of ranges, and what the engine makes of it.

    Attributes
    ----------
    clipping : Clipping
    scales : ActivationScales
    cosines : f32 [layers, sentences]
        Of each sentence's mean after each layer, int8 against f32.
    """

    clipping: Clipping
    scales: ActivationScales
    cosines: np.ndarray

    @property
    def by_layer(self) -> np.ndarray:
        """Mean cosine after each layer, [layers]."""
        return self.cosines.mean(axis=1)

    @property
    def cosine(self) -> float:
        """Mean cosine of the embeddings."""
        return float(self.by_layer[-1])

    def require_sound(self, source: str) -> None:
        """Raises :class:`InputError` for a loss over :data:`MOST_LOSS`, naming the layer in which
        most of it arises."""
        if self.cosine >= 1 - MOST_LOSS:
            return
        before = np.concatenate([[1.0], self.by_layer[:-1]])
        worst = int(np.argmax(before - self.by_layer))
        raise InputError(
            f"{source}: {self.clipping} loses {1 - self.cosine:.3f} of cosine to f32 on the "
            f"calibration text, more than {MOST_LOSS}; most in layer {worst}, "
            f"{before[worst]:.3f} before it and {self.by_layer[worst]:.3f} behind. Try --method "
            f"auto or other text; without scales the engine computes them anew for each token"
        )


@dataclass(frozen=True, eq=False)
class Quantization:
    """Scales for a model, with the trial that speaks for them, and the others."""

    calibration: Calibration
    best: Trial
    trials: list[Trial]


def quantize(
    checkpoint: Checkpoint,
    sentences: Sequence[np.ndarray],
    settings: QuantizationSettings | None = None,
) -> Quantization:
    """Calibrate on token ids [tokens] of ``sentences``, try, and keep the best choice.

    Raises :class:`InputError` for a model that is no encoder, and where even the best choice
    loses too much; ValueError without sentences.
    """
    settings = settings or QuantizationSettings()
    calibration = Calibration.of(checkpoint, sentences)
    trials = [_try(checkpoint, sentences, calibration, clipping) for clipping in settings.clippings]
    best = max(trials, key=lambda trial: trial.cosine)
    best.require_sound(checkpoint.source)
    return Quantization(calibration, best, trials)


@dataclass(frozen=True)
class Quantizer:
    """What is to be done to a model, as the command line and recipes say it.

    Attributes
    ----------
    file : Path
        Texts to calibrate on, one a line.
    texts : list of str
        Its content.
    settings : QuantizationSettings
    """

    file: Path
    texts: list[str]
    settings: QuantizationSettings

    @classmethod
    def read(cls, file: Path, settings: QuantizationSettings | None = None) -> Quantizer:
        """Raises :class:`InputError` for a file without text."""
        return cls(file, read_text_file(file), settings or QuantizationSettings())

    def run(self, source: Checkpoint, folder: Path) -> QuantizationRecord:
        """Write scales and record of the model in ``folder``, which was made from ``source``.

        Raises as :func:`quantize`, and :class:`InputError` for a model without tokenizer.
        """
        checkpoint = replace(Checkpoint.open(folder), source=source.source)
        longest = Encoder.of(checkpoint).config.longest
        sentences = Tokens.of(read_tokenizer(folder, longest), self.texts).ids
        found = quantize(checkpoint, sentences, self.settings)
        sample = Sample.of(self.file, self.texts, sum(map(len, sentences)))
        earlier = read_record(source.folder)
        record = QuantizationRecord(
            done=Step(source=source.source, settings=self.settings, sample=sample),
            chosen=str(found.best.clipping),
            cosines={str(trial.clipping): trial.cosine for trial in found.trials},
            worst_cosine=float(found.best.cosines[-1].min()),
            layers=_layers(found),
            history=(*earlier.history, earlier.done) if earlier else (),
        )
        write_scales(folder, found.best.scales)
        (folder / RECORD_NAME).write_text(record.to_json(), encoding="utf-8")
        return record


def _layers(found: Quantization) -> list[LayerResult]:
    choices = found.calibration.choices(found.best.clipping)
    return [
        LayerResult(
            layer=layer,
            cosine=float(found.best.by_layer[layer]),
            activation_by=choice.by,
            table_noise=choice.added_noise,
        )
        for layer, choice in enumerate(choices)
    ]


def _try(
    checkpoint: Checkpoint,
    sentences: Sequence[np.ndarray],
    calibration: Calibration,
    clipping: Clipping,
) -> Trial:
    scales = calibration.scales(clipping)
    engine = Engine(checkpoint, scales, every_layer=True)
    means = np.empty_like(calibration.means)
    tokens = Tokens(list(sentences))
    for numbers in tokens.batches(_RUN_TOKENS):
        ids, mask = tokens.padded(numbers, engine.config.pad_token)
        states = engine(ids, mask).hidden_states
        means[:, numbers] = states.sum(axis=2) / mask.sum(axis=1)[:, None]
    return Trial(clipping, scales, _cosines(means, calibration.means))


def _cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Over the last axis; 0 where one of them is 0."""
    lengths = np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1)
    return (a * b).sum(axis=-1) / np.maximum(lengths, np.finfo(np.float32).tiny)
