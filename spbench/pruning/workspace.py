"""What a long pruning keeps between processes: beside its target, hidden, gone when it is done."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from spbench.errors import InputError, refusal
from spbench.formats.checkpoint import Checkpoint
from spbench.pruning.recipes import Recipe

_JOB = "job"
_LONGEST_NAME = 40  # a name in UTF-8 has at most 255 bytes


@dataclass(frozen=True)
class Workspace:
    """``.<name>.work`` beside the target: layers that are settled, then the pruned model, then the
    state of its training."""

    folder: Path

    @classmethod
    def beside(cls, target: Path) -> Workspace:
        """That of ``target``, whether it exists or not."""
        name = target.name
        if len(name) > _LONGEST_NAME:
            digest = hashlib.blake2b(os.fsencode(name), digest_size=4).hexdigest()
            name = f"{name[:_LONGEST_NAME]}-{digest}"
        return cls(target.with_name(f".{name}.work"))

    @property
    def journal(self) -> Path:
        """Folder of the layers that are settled."""
        return self.folder / "journal"

    @property
    def pruned(self) -> Path:
        """The model before recovery, whole or absent."""
        return self.folder / "pruned"

    @property
    def training(self) -> Path:
        """Folder of the training state."""
        return self.folder / "training"

    def claim(self, checkpoint: Checkpoint, recipe: Recipe, resume: bool) -> None:
        """Make the folder for this job, or find it as an earlier process left it.

        Raises :class:`InputError` where it holds another job, or this one without ``resume``.
        """
        job, path = _job(checkpoint, recipe), self.folder / _JOB
        try:
            if not path.is_file():
                shutil.rmtree(self.folder, ignore_errors=True)
                self.folder.mkdir(parents=True)
                path.write_text(job, encoding="utf-8")
                return
            if path.read_text(encoding="utf-8") != job:
                raise InputError(
                    f"{self.folder}: an unfinished run of another recipe or model; remove it first"
                )
        except OSError as error:
            raise refusal(error, self.folder, "cannot be written") from error
        if not resume:
            raise InputError(
                f"{self.folder}: an unfinished run; --resume goes on with it, or remove it"
            )

    @property
    def is_idle(self) -> bool:
        """Whether nothing is done yet."""
        return not self.journal.exists() and not self.pruned.exists()

    def remove_if_idle(self) -> None:
        """When nothing in it is worth going on with."""
        if self.is_idle:
            self.remove()

    def forget_journal(self) -> None:
        """When the pruned model is there."""
        shutil.rmtree(self.journal, ignore_errors=True)

    def remove(self) -> None:
        """When all is done."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _job(checkpoint: Checkpoint, recipe: Recipe) -> str:
    """A digest of the recipe, and of place, size and age of weights and text."""
    files = [*checkpoint.weight_files, *filter(None, [recipe.calibration])]
    stats = [
        (str(file.resolve()), found.st_size, found.st_mtime_ns)
        for file in files
        if (found := _stat(file))
    ]
    text = f"{recipe.model_dump_json()}\n{stats}\n"
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


def _stat(file: Path) -> os.stat_result | None:
    try:
        return file.stat()
    except OSError:  # whoever reads it says what is wrong
        return None
