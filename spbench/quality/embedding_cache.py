"""Embeddings of dense models, kept: every model of a study is compared with the same ones."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

import numpy as np

from spbench.formats.cache_folder import cache_folder, write_cached
from spbench.formats.checkpoint import Checkpoint
from spbench.quality.embedding import Embedding
from spbench.texts import Tokens


@dataclass(frozen=True)
class EmbeddingCache:
    """One file for each model and set of texts, under a digest of the weights and the token ids.

    A file that cannot be read or written is as if it were not there.
    """

    model: str  # digest

    @classmethod
    def of(cls, checkpoint: Checkpoint) -> EmbeddingCache:
        """For one model, as it is now."""
        digest = hashlib.blake2b(digest_size=16)
        for path in checkpoint.weight_files:
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        digest.update(repr(sorted(checkpoint.config.items())).encode("utf-8", "replace"))
        return cls(digest.hexdigest())

    def get(self, tokens: Tokens, state_texts: int, make: Callable[[], Embedding]) -> Embedding:
        """What ``make`` gives for ``tokens``, from the file where there is one."""
        path = self._path(tokens, state_texts)
        found = _read(path)
        if found is None:
            found = make()
            write_cached(path, partial(_write, found))
        return found

    def _path(self, tokens: Tokens, state_texts: int) -> Path:
        digest = hashlib.blake2b(f"{self.model} {state_texts}".encode(), digest_size=16)
        for ids in tokens.ids:
            digest.update(len(ids).to_bytes(4, "little") + ids.tobytes())
        return cache_folder() / "embeddings" / f"{digest.hexdigest()}.npz"


def _read(path: Path) -> Embedding | None:
    try:
        with np.load(path, allow_pickle=False) as file:
            states = np.split(file["states"], file["ends"][:-1]) if len(file["ends"]) else []
            return Embedding(file["sentences"], states)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None


def _write(embedding: Embedding, file: BinaryIO) -> None:
    states = embedding.states
    ends = np.cumsum([len(state) for state in states], dtype=np.int64)
    rows = np.concatenate(states) if states else np.empty((0, 0), np.float32)
    np.savez(file, sentences=embedding.sentences, states=rows, ends=ends)
