"""rows.jsonl: one row a line, appended and flushed to the disk one by one.

A process that dies while it writes leaves at most one line without an end. That
line is forgiven when reading and cut off before anything is appended; any other
line that cannot be read is an error, never skipped.
"""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from spbench.errors import InputError, RunError
from spbench.store.schema import Row
from spbench.store.stored_row import SCHEMA, StoredRow

Line = TypeVar("Line", bound=StoredRow)


class RowsFile(Generic[Line]):
    """The rows of one run, all of one ``kind``: Row, ModelRow, QualityRow. One process at a time
    may write."""

    def __init__(self, path: Path, kind: type[Line] = Row):
        self.path = path
        self.kind = kind
        self._fd: int | None = None

    def read(self) -> list[Line]:
        """Every row in the order of writing.

        Raises :class:`InputError` naming file and line for a line that is no row
        of this schema; a last line without an end is left out.
        """
        try:
            lines = self.path.read_bytes().split(b"\n")[:-1]
        except OSError as error:
            raise InputError(f"{self.path}: {error.strerror}") from error
        return [
            _parse(self.kind, line, f"{self.path}:{number}") for number, line in enumerate(lines, 1)
        ]

    def append(self, row: Line) -> None:
        """Add a row; when this returns, it is on the disk. Errors as :meth:`RunFolder.append`."""
        line = row.to_json().encode() + b"\n"
        fd = self.claim()
        size = os.fstat(fd).st_size
        try:
            written = 0
            while written < len(line):
                written += os.write(fd, line[written:])
            os.fsync(fd)
        except OSError as error:
            os.ftruncate(fd, size)
            raise RunError(
                f"{self.path}: {error.strerror}; the rows before are safe. "
                f"Make room, then go on with --resume {self.path.parent}"
            ) from error

    def claim(self) -> int:
        """The file's descriptor, locked, its torn last line cut off. Raises :class:`InputError`."""
        if self._fd is None:
            try:
                fd = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
            except OSError as error:
                raise cannot_write(self.path.parent, error) from error
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.ftruncate(fd, self.path.read_bytes().rfind(b"\n") + 1)
            except BlockingIOError:
                os.close(fd)
                raise InputError(f"{self.path.parent}: another spbench is writing here") from None
            self._fd = fd
        return self._fd

    def close(self) -> None:
        """Let another process write. Appending again is allowed."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def refuse_other_schema(schema: Any, where: str) -> None:
    """Raises :class:`InputError` unless ``schema`` is the one that this spbench writes."""
    if schema != SCHEMA:
        raise InputError(f"{where}: schema {schema}; this spbench reads schema {SCHEMA}")


def cannot_write(path: Path, error: OSError) -> InputError:
    """The error for a results folder that takes no files."""
    return InputError(f"cannot write to the results folder {path}: {error.strerror}")


def _parse(kind: type[Line], line: bytes, where: str) -> Line:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: not a row ({error})") from error
    if not isinstance(fields, dict):
        raise InputError(f"{where}: not a row (no JSON object)")
    refuse_other_schema(fields.get("schema"), where)
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{where}: not a row (field {field}: {first['msg']})") from error
