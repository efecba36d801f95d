"""Makes what model cases are measured with: weights, scales, sentences, references; in a folder
that goes when it is closed. A model's weights are made once for all cases that follow each other."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import numpy as np

from spbench.errors import RunError
from spbench.formats.checkpoint import Checkpoint
from spbench.formats.encoder import Encoder
from spbench.models.case import ModelCase
from spbench.models.model_choice import UNPRUNED, ModelChoice, Pruned, linear_sparsity
from spbench.models.random_model import write_random_model
from spbench.models.task import ModelFiles, ModelTask
from spbench.pruning.prune import prune
from spbench.pruning.recipes import Recipe
from spbench.quantization import calibrate, write_scales
from spbench.quantization.float_encoder import FloatEncoder
from spbench.quantization.scales_file import FILE_NAME

_CALIBRATION_SENTENCES = 4
_CALIBRATION_TOKENS = 128
_FIRST_ID = 1000  # of BERT's vocabulary: below are special and unused ones


class Workshop:
    """Use it as a context."""

    def __enter__(self) -> Self:
        self._root = Path(tempfile.mkdtemp(prefix="spbench-"))
        self._files: dict[tuple[ModelChoice, Pruned, int], ModelFiles] = {}
        return self

    def __exit__(self, *exc: object) -> None:
        shutil.rmtree(self._root, ignore_errors=True)

    def task(self, case: ModelCase, with_unpruned: bool) -> tuple[ModelTask, float]:
        """The case for the workers, and the share of its linear layers' weights that are zero.

        ``with_unpruned`` is whether a runtime wants the unpruned weights. Raises
        :class:`RunError` if the disk is full.
        """
        model, seed = case.model, case.seed
        known = model.config is not None or model.as_it_is == UNPRUNED
        files = self.files(model, case.pruned, seed)
        unpruned = self.files(model, UNPRUNED, seed) if with_unpruned and known else None
        with _room(self._root):
            sentences = self._sentences(case, files, unpruned)
        sparsity = linear_sparsity(Checkpoint.open(files.folder))
        return ModelTask(files, unpruned, sentences, case.batch, case.threads), sparsity

    def files(self, model: ModelChoice, pruned: Pruned, seed: int) -> ModelFiles:
        """The weights of a model, and scales for them. Raises :class:`RunError` as :meth:`task`."""
        key = model, pruned, seed
        if key not in self._files:
            self._forget_others(model)
            with _room(self._root):
                self._files[key] = self._make(model, pruned, seed)
        return self._files[key]

    def _forget_others(self, model: ModelChoice) -> None:
        """One model at a time: they are large."""
        if any(key[0] != model for key in self._files):
            shutil.rmtree(self._root)
            self._root.mkdir()
            self._files.clear()

    def _make(self, model: ModelChoice, pruned: Pruned, seed: int) -> ModelFiles:
        folder = place = self._root / f"{pruned.pattern}-{pruned.sparsity}-{seed}"
        if pruned == model.as_it_is and model.config is None:
            folder = Checkpoint.open(model.source).folder
        elif pruned == UNPRUNED:
            write_random_model(model.config, folder, seed)
        else:
            recipe = Recipe(pattern=pruned.pattern, sparsity=pruned.sparsity)
            before = Checkpoint.open(self.files(model, model.as_it_is, seed).folder)
            prune(before, recipe).save(folder)
        return ModelFiles(str(folder), str(_scales(model, folder, place, seed)))

    def _sentences(self, case: ModelCase, files: ModelFiles, unpruned: ModelFiles | None) -> str:
        """New for each case, in place of those before."""
        folder = self._root / "sentences"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        generator = np.random.default_rng((case.seed, 2))
        ids = _random_ids(case.model, generator, (case.batch, case.tokens))
        np.save(folder / "ids.npy", ids)
        np.save(folder / "hidden.npy", _hidden(files, ids))
        if unpruned is not None:
            np.save(folder / "unpruned.npy", _hidden(unpruned, ids))
        return str(folder)


def _scales(model: ModelChoice, folder: Path, place: Path, seed: int) -> Path:
    """The folder with the scales: those beside the weights if there are any, else of random
    sentences, beside ``place``."""
    if (folder / FILE_NAME).is_file():
        return folder
    generator = np.random.default_rng((seed, 1))
    count = min(_CALIBRATION_TOKENS, model.encoder.longest)
    texts = [_random_ids(model, generator, (1, count)) for _ in range(_CALIBRATION_SENTENCES)]
    target = place.with_name(f"{place.name}-scales")
    target.mkdir()
    write_scales(target, calibrate(Checkpoint.open(folder), texts))
    return target


def _hidden(files: ModelFiles, ids: np.ndarray) -> np.ndarray:
    model = FloatEncoder(Encoder.of(Checkpoint.open(files.folder)))
    return np.stack([model.forward(sentence) for sentence in ids])


def _random_ids(
    model: ModelChoice, generator: np.random.Generator, shape: tuple[int, int]
) -> np.ndarray:
    vocabulary = model.encoder.vocabulary
    first = _FIRST_ID if vocabulary > 2 * _FIRST_ID else min(2, vocabulary - 1)
    return generator.integers(first, vocabulary, shape, np.int64)


@contextmanager
def _room(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RunError(f"{folder}: {os.strerror(error.errno or 0)}") from error
