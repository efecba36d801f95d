"""A model as the engine loads it, with the time that this takes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spbench.engine import Engine
from spbench.models.model_choice import ModelChoice
from spbench.models.workshop import Workshop
from spbench.quantization import ActivationScales, read_scales

_SEED = 0
_RANDOM = "calibrated on random sentences, for speed alone"
_STORED = "calibrated: the scales that lie in the model's folder"
_DYNAMIC = "not calibrated: each token gets its own scales, which is slower"


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """An engine, and what it took to get its first answer.

    Attributes
    ----------
    engine : Engine
    load_ns : int
        From the files to an engine.
    first_call_ns : int
        One sentence of ``first_tokens`` tokens.
    first_tokens : int
    activations : str
        Where their scales come from, for people.
    """

    engine: Engine
    load_ns: int
    first_call_ns: int
    first_tokens: int
    activations: str


def load_model(
    source: str,
    threads: int | None = None,
    tokens: int = 128,
    pattern: str | None = None,
    sparsity: float | None = None,
) -> LoadedModel:
    """Load ``source``, a Hugging Face folder, an installed package or a YAML file of sizes.

    With ``sparsity`` it is pruned by magnitude first, in blocks of ``pattern`` (4x1); else it is
    as it is. What is made here is calibrated on random sentences.
    ``tokens`` of the first call are at most what the model takes. Raises
    :class:`~spbench.errors.InputError` for what :class:`Engine` cannot load.
    """
    model = ModelChoice.find(source)
    patterns, sparsities = ([] if given is None else [given] for given in (pattern, sparsity))
    (pruned,) = model.variants(patterns, sparsities)
    if model.config is None and pruned == model.as_it_is:
        return _loaded(source, None, threads, tokens)
    with Workshop() as workshop:
        files = workshop.files(model, pruned, _SEED)
        return _loaded(files.folder, read_scales(Path(files.scales)), threads, tokens, _RANDOM)


def _loaded(
    folder: str,
    scales: ActivationScales | None,
    threads: int | None,
    tokens: int,
    activations: str = "",
) -> LoadedModel:
    start = time.perf_counter_ns()
    engine = Engine.from_pretrained(folder, scales, threads)
    loaded = time.perf_counter_ns()
    ids = random_ids(engine, 1, min(tokens, engine.config.longest))
    first = time.perf_counter_ns()
    engine(ids)
    first_call_ns = time.perf_counter_ns() - first
    activations = activations or (_STORED if engine.is_calibrated else _DYNAMIC)
    return LoadedModel(engine, loaded - start, first_call_ns, ids.shape[1], activations)


def random_ids(engine: Engine, batch: int, tokens: int) -> np.ndarray:
    """Token ids int64 [batch, tokens], none of them padding: the time does not depend on which."""
    vocabulary = engine.config.vocabulary
    others = np.delete(np.arange(vocabulary), engine.config.pad_token)
    return np.random.default_rng(_SEED).choice(others, (batch, tokens))
