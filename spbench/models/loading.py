"""A model as the engine loads it, with the time that this takes."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from spbench.engine import Engine

_SEED = 0


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
    """

    engine: Engine
    load_ns: int
    first_call_ns: int
    first_tokens: int


def load_model(model: str, threads: int | None = None, tokens: int = 128) -> LoadedModel:
    """Load ``model``, a Hugging Face folder or an installed package that carries one.

    ``tokens`` of the first call are at most what the model takes. Raises
    :class:`~spbench.errors.InputError` for what :class:`Engine` cannot load.
    """
    start = time.perf_counter_ns()
    engine = Engine.from_pretrained(model, num_threads=threads)
    loaded = time.perf_counter_ns()
    ids = random_ids(engine, 1, min(tokens, engine.config.longest))
    engine(ids)
    return LoadedModel(engine, loaded - start, time.perf_counter_ns() - loaded, ids.shape[1])


def random_ids(engine: Engine, batch: int, tokens: int) -> np.ndarray:
    """Token ids int64 [batch, tokens], none of them padding: the time does not depend on which."""
    vocabulary = engine.config.vocabulary
    others = np.delete(np.arange(vocabulary), engine.config.pad_token)
    return np.random.default_rng(_SEED).choice(others, (batch, tokens))
