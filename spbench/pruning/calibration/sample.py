"""The texts that calibration looks at."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from spbench.errors import InputError
from spbench.formats.checkpoint import Checkpoint
from spbench.formats.encoder import Encoder
from spbench.texts import Tokens, read_text_file, read_tokenizer


class SampleSize(BaseModel):
    """How much of a calibration file is used: so many texts, spread evenly over it, each cut at so
    many tokens."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    texts: int = Field(1024, ge=1)
    tokens: int = Field(128, ge=2)


class SampleFacts(BaseModel):
    """What the record says of a sample; ``digest`` is SHA-256 over the token ids."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    texts: int
    tokens: int
    digest: str


@dataclass(frozen=True, eq=False)
class Sample:
    """Token ids of each text, int64 [tokens]."""

    ids: list[np.ndarray]

    @classmethod
    def read(cls, path: Path, checkpoint: Checkpoint, size: SampleSize) -> Sample:
        """By the checkpoint's own tokenizer. Raises :class:`InputError`."""
        texts = read_text_file(path)
        count = min(size.texts, len(texts))
        texts = [texts[i * len(texts) // count] for i in range(count)]
        encoder = Encoder.of(checkpoint)
        tokenizer = read_tokenizer(checkpoint.folder, min(size.tokens, encoder.config.longest))
        ids = [ids for ids in Tokens.of(tokenizer, texts).ids if len(ids)]
        if not ids:
            raise InputError(f"{path}: its texts have no tokens; give real text, one a line")
        if max(int(one.max()) for one in ids) >= encoder.config.vocabulary:
            raise InputError(f"{checkpoint.source}: its tokenizer does not fit its vocabulary")
        return cls(ids)

    @cached_property
    def facts(self) -> SampleFacts:
        """Counts and digest."""
        digest = hashlib.sha256()
        for ids in self.ids:
            digest.update(len(ids).to_bytes(8, "little") + ids.astype("<i8").tobytes())
        return SampleFacts(
            texts=len(self.ids), tokens=sum(map(len, self.ids)), digest=digest.hexdigest()
        )

    def groups(self, tokens: int) -> list[list[np.ndarray]]:
        """Texts in their order, in groups of about ``tokens``."""
        groups: list[list[np.ndarray]] = [[]]
        for ids in self.ids:
            if groups[-1] and sum(map(len, groups[-1])) + len(ids) > tokens:
                groups.append([])
            groups[-1].append(ids)
        return groups
