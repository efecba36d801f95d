"""What a pruning has settled so far, on the disk: the new weights of a large model need not fit
memory, and a later process goes on from there.

<step>/<number of the layer>.npz    mask, new bits of its tensors, its numbers in the record
counts.json                         blocks that each layer keeps, where finding that takes long
"""

from __future__ import annotations

import json
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter

from spbench.errors import RunError
from spbench.pruning.record import PrunedLayer
from spbench.pruning.sparsity import ZeroCount

_COUNTS, _MASK, _NUMBERS, _BITS = "counts.json", "mask", "numbers", "bits:"


@dataclass(frozen=True)
class Numbers:
    """A layer's part of the record, with the counts and sums that add up over layers."""

    layer: PrunedLayer
    weights: ZeroCount
    blocks: ZeroCount
    energy: float
    energy_kept: float


_AS_JSON = TypeAdapter(Numbers)


@dataclass(frozen=True, eq=False)
class Settled:
    """A layer that is done.

    Attributes
    ----------
    mask : bool [block_rows, block_cols]
    bits : mapping of a tensor's name to its new bits
        Empty where a method leaves the kept weights as they are.
    numbers : Numbers
    """

    mask: np.ndarray
    bits: Mapping[str, np.ndarray]
    numbers: Numbers


class Journal:
    """One pruning of one model.

    Parameters
    ----------
    folder : Path, optional
        As an earlier process left it, or to be made. By default a temporary one, which is gone
        with this object.
    """

    def __init__(self, folder: Path | None = None) -> None:
        if folder is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="spbench-")
            folder = Path(self._temporary.name)
        self._folder = folder

    def counts(self, find: Callable[[], dict[str, int]]) -> dict[str, int]:
        """What ``find`` gave, here or in an earlier process."""
        path = self._folder / _COUNTS
        if not path.exists():
            self._write(path, lambda file: file.write(json.dumps(find()).encode()))
        return json.loads(path.read_bytes())

    def latest_step(self, steps: int, layers: Collection[int]) -> int | None:
        """The last of so many steps that has all ``layers``."""
        for step in reversed(range(steps)):
            if all(self.get(step, layer) is not None for layer in layers):
                return step
        return None

    def get(self, step: int, layer: int) -> Settled | None:
        """The layer of that number at that step; None where it is not settled, or damaged."""
        try:
            with np.load(self._path(step, layer), allow_pickle=False) as file:
                numbers = _AS_JSON.validate_json(file[_NUMBERS].tobytes())
                bits = {
                    name.removeprefix(_BITS): file[name]
                    for name in file.files
                    if name.startswith(_BITS)
                }
                return Settled(file[_MASK], bits, numbers)
        except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
            return None

    def put(self, step: int, layer: int, settled: Settled) -> None:
        """Keep it. :class:`RunError` where the disk is full."""
        arrays = {_BITS + name: bits for name, bits in settled.bits.items()}
        numbers = np.frombuffer(_AS_JSON.dump_json(settled.numbers), np.uint8)
        self._write(
            self._path(step, layer),
            lambda file: np.savez(file, **arrays | {_MASK: settled.mask, _NUMBERS: numbers}),
        )

    def forget(self, step: int) -> None:
        """A step that a later one has replaced."""
        shutil.rmtree(self._folder / str(step), ignore_errors=True)

    def _path(self, step: int, layer: int) -> Path:
        return self._folder / str(step) / f"{layer}.npz"

    def _write(self, path: Path, write: Callable) -> None:
        partial = path.with_name(f".{path.name}.partial")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("wb") as file:
                write(file)
            partial.replace(path)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise RunError(f"{path.parent}: {error.strerror}; make room") from error
