"""New bits of tensors on the disk instead of in memory, until the model is written."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator

import numpy as np

from spbench.errors import RunError


class Spool:
    """Arrays by name in a file without a name, which is gone with this object."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="spbench-")  # noqa: SIM115
        self._places: dict[str, tuple[int, np.dtype, tuple[int, ...]]] = {}

    def put(self, name: str, array: np.ndarray) -> None:
        """Keep ``array``; one of the same name takes its place. :class:`RunError` if it is full."""
        known = self._places.get(name)
        try:
            offset = known[0] if known else self._file.seek(0, 2)
            self._file.seek(offset)
            self._file.write(np.ascontiguousarray(array).data)
            self._file.flush()
        except OSError as error:
            where = tempfile.gettempdir()
            raise RunError(f"{where}: {error.strerror}; make room, or set TMPDIR") from error
        self._places[name] = offset, array.dtype, array.shape

    def get(self, name: str) -> np.ndarray | None:
        """What was put; None for a name that was not."""
        if name not in self._places:
            return None
        offset, dtype, shape = self._places[name]
        self._file.seek(offset)
        size = math.prod(shape) * dtype.itemsize
        return np.frombuffer(self._file.read(size), dtype).reshape(shape)

    def __contains__(self, name: str) -> bool:
        return name in self._places

    def items(self) -> Iterator[tuple[str, np.ndarray]]:
        """Every name and its array, read when taken."""
        for name in self._places:
            yield name, self.get(name)
