"""The model of a run: what it is called, where it lies, and which weights it holds."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from spbench.errors import InputError
from spbench.formats import BlockSparseMatrix, GemmProblem
from spbench.formats.checkpoint import Checkpoint
from spbench.pruning.record import RECORD_NAME
from spbench.quantization import model_weight


@dataclass(frozen=True)
class ModelSource:
    """A checkpoint, told apart from what may lie in its place later.

    Rows and cases call it ``name``, as the user did, so that they stay readable and
    are the same in another folder; it is read from ``folder``, which is absolute, so
    that a run can be resumed from anywhere. ``digest`` is that of its weight files
    and of the record of its pruning.
    """

    name: str
    folder: str
    digest: str

    @classmethod
    def find(cls, name: str) -> Self:
        """The model that ``name``, a folder or a package, means. Raises :class:`InputError`."""
        checkpoint = Checkpoint.open(name)
        return cls(name, str(checkpoint.folder.resolve()), _digest(checkpoint))

    @classmethod
    def find_again(cls, stored: Mapping[str, Any], place: str | None = None) -> Self:
        """The model of a stored run (:meth:`to_dict`), at ``place`` or else where it was.

        Raises :class:`InputError` if it is not there, or no longer the same.
        """
        name, digest = str(stored.get("name")), stored.get("digest")
        folder = str(stored.get("folder"))
        source = cls.find(place or (folder if Path(folder).is_dir() else name))
        if source.digest != digest:
            raise InputError(
                f"{source.folder}: the model has changed since the run began; "
                f"start anew with --out, or say with --from-model where the old one is"
            )
        return cls(name, source.folder, source.digest)

    def weight(self, problem: GemmProblem) -> BlockSparseMatrix | None:
        """The weight of a layer, s8 in blocks; None for a problem with random weights."""
        if problem.weights == "random":
            return None
        tensor = problem.weights.removeprefix(f"{self.name}:")
        return model_weight(f"{self.folder}:{tensor}", problem.pattern)

    def to_dict(self) -> dict[str, str]:
        """As it is kept with a run."""
        return asdict(self)


def _digest(checkpoint: Checkpoint) -> str:
    files = {file for entry in checkpoint.tensors.values() for file in entry.files}
    files |= {path for path in [checkpoint.folder / RECORD_NAME] if path.exists()}
    total = hashlib.sha256()
    for file in sorted(files):
        try:
            with file.open("rb") as stream:
                content = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            raise InputError(f"{file}: cannot be read: {error.strerror}") from error
        total.update(f"{file.name} {content}\n".encode())
    return f"sha256:{total.hexdigest()}"
