"""The whole of recovery: a pruned and a dense checkpoint in, weights and a record out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import spbench
from spbench.errors import InputError
from spbench.formats.checkpoint import Checkpoint
from spbench.formats.encoder import Encoder
from spbench.formats.record_file import RecordPart, read_record_file
from spbench.pruning.recovery.settings import RecoverySettings
from spbench.texts import SOURCES, read_text_file, read_text_set, read_tokenizer

RECOVERY_NAME = "spbench-recovery.json"
_LAST = 50  # steps


class RecoveryRecord(RecordPart):
    """All of spbench-recovery.json, beside the weights that were trained."""

    schema_version: int = 1
    spbench_version: str
    teacher: str
    settings: RecoverySettings
    threads: int
    steps: int  # done
    ended_by: Literal["steps", "time limit"]
    first_loss: float  # mean of the first steps
    last_loss: float  # mean of the last steps
    texts: dict[str, dict[str, Any]]  # by set or file: number and digest, and where from

    def __str__(self) -> str:
        rounded = ", int8-aware" if self.settings.quantization_aware else ""
        early = "" if self.ended_by == "steps" else f" of {self.settings.steps}"
        return f"distilled, {self.steps}{early} steps{rounded}"


@dataclass(frozen=True, eq=False)
class Recovery:
    """What was learnt, not yet written."""

    pupil: Any  # Pupil
    record: RecoveryRecord

    def save(self, target: Path, finish: Callable[[Path], None] | None = None) -> None:
        """Write the whole folder, complete or not at all; ``finish`` may add to it before."""
        files = {RECOVERY_NAME: self.record.to_json()}
        self.pupil.checkpoint.save(target, self.pupil.changed_bits(), files, finish)


def recover(
    pruned: Checkpoint,
    dense: Checkpoint,
    settings: RecoverySettings,
    folder: Path,
    threads: int,
    time_limit_s: float | None = None,
    watch: Any = lambda _: None,
) -> Recovery:
    """Train ``pruned`` towards ``dense`` on unlabelled train text; its zeros stay.

    Goes on from the state in ``folder`` where there is one. Raises :class:`InputError` for models
    that do not fit each other, and where torch, transformers or the texts are missing;
    :class:`RunError` when the disk is full.
    """
    _check_alike(pruned, dense)
    try:
        from spbench.pruning.recovery.pupil import Pupil, load_encoder
        from spbench.pruning.recovery.text_batches import TextBatches
        from spbench.pruning.recovery.training import Training
    except ModuleNotFoundError as error:
        if error.name not in ("torch", "transformers"):
            raise
        raise InputError("recovery needs torch: pip install 'spbench[recovery]'") from error

    found = {name: _read_texts(name) for name in settings.texts}
    texts = [text for each, _ in found.values() for text in each]
    longest = min(settings.tokens, Encoder.of(pruned).config.longest)
    tokenizer = read_tokenizer(pruned.folder, longest)
    pad = Encoder.of(pruned).config.pad_token
    batches = TextBatches(texts, tokenizer, settings.batch_tokens, pad, settings.seed)
    pupil = Pupil.of(pruned)
    training = Training(pupil, load_encoder(dense), batches, settings, folder, threads)
    training.resume()
    finished = training.run(time_limit_s, watch)
    record = RecoveryRecord(
        spbench_version=spbench.__version__,
        teacher=dense.source,
        settings=settings,
        threads=threads,
        steps=training.step,
        ended_by="steps" if finished else "time limit",
        first_loss=_mean(training.losses[:_LAST]),
        last_loss=_mean(training.losses[-_LAST:]),
        texts={name: facts for name, (_, facts) in found.items()},
    )
    return Recovery(pupil, record)


def read_recovery(folder: Path) -> RecoveryRecord | None:
    """The record in a model's folder; None where it was not recovered. Raises :class:`InputError`."""
    return read_record_file(folder / RECOVERY_NAME, RecoveryRecord)


def _read_texts(name: str) -> tuple[Sequence[str], dict[str, Any]]:
    """The train side of a set, or the lines of a file, and what a record says of them."""
    if name in SOURCES or not Path(name).suffix:
        one = read_text_set(name)
        return one.train.texts, one.facts("train", one.train)
    texts = read_text_file(Path(name))
    digest = hashlib.blake2b("\n".join(texts).encode(), digest_size=8).hexdigest()
    return texts, {"texts": len(texts), "digest": digest}


def _check_alike(pruned: Checkpoint, dense: Checkpoint) -> None:
    ours, theirs = Encoder.of(pruned).config, Encoder.of(dense).config
    for what in ("family", "layers", "hidden", "vocabulary"):
        if getattr(ours, what) != getattr(theirs, what):
            raise InputError(
                f"{pruned.source} has {what} {getattr(ours, what)}, {dense.source} "
                f"{getattr(theirs, what)}: give the model that it was pruned from"
            )


def _mean(losses: list[float]) -> float:
    return sum(losses) / len(losses) if losses else 0.0
