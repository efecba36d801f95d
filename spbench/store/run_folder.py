"""A run's folder: its rows, the sweep that was asked for and the machine it ran on.

    rows.jsonl     one JSON object a line, appended, flushed to the disk one by one
    sweep.json     run id and the resolved sweep; ``--resume`` refuses any other
    machine.json   the machine's facts and measured limits

A process that dies while it writes leaves at most one line without an end. That
line is forgiven when reading and cut off before anything is appended; any other
line that cannot be read is an error, never skipped.
"""

from __future__ import annotations

import fcntl
import json
import os
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from spbench.errors import InputError, RunError
from spbench.store.schema import SCHEMA, Row

if TYPE_CHECKING:
    import pandas

ROWS, SWEEP, MACHINE = "rows.jsonl", "sweep.json", "machine.json"


class RunFolder:
    """The folder of one run. Make it with :meth:`create`, find it again with :meth:`open`.

    Attributes
    ----------
    path : Path
    run_id : str
        Drawn once, when the folder was made.
    sweep : dict
        The resolved sweep, as given to :meth:`create`.
    machine : dict
        The machine's facts, as given to :meth:`create`.
    """

    def __init__(self, path: Path, run_id: str, sweep: dict[str, Any], machine: dict[str, Any]):
        self.path = path
        self.run_id = run_id
        self.sweep = sweep
        self.machine = machine
        self._rows_fd: int | None = None

    @staticmethod
    def reserve(path: str | Path) -> None:
        """Make the folder and find out whether it takes files, before hours are spent for it.

        Raises :class:`InputError` if it does not, or if it holds a run already.
        """
        path = Path(path)
        if (path / ROWS).exists():
            raise InputError(f"{path} holds a run already: use --resume {path}, or another --out")
        try:
            path.mkdir(parents=True, exist_ok=True)
            _write(path / ROWS, "")
            (path / ROWS).unlink()
        except OSError as error:
            raise _cannot_write(path, error) from error

    @classmethod
    def create(cls, path: str | Path, sweep: dict[str, Any], machine: dict[str, Any]) -> RunFolder:
        """Start a run in a new folder. Raises :class:`InputError` as :meth:`reserve` does."""
        path = Path(path)
        cls.reserve(path)
        run_id = uuid.uuid4().hex[:12]
        created = datetime.now(UTC).isoformat(timespec="seconds")
        head = {"schema": SCHEMA, "run_id": run_id, "created": created, "sweep": sweep}
        try:
            _write(path / MACHINE, json.dumps(machine, indent=2) + "\n")
            _write(path / SWEEP, json.dumps(head, indent=2) + "\n")
            _write(path / ROWS, "")
        except OSError as error:
            raise _cannot_write(path, error) from error
        return cls(path, run_id, sweep, machine)

    @classmethod
    def open(cls, path: str | Path) -> RunFolder:
        """Find a run again. Raises :class:`InputError` if there is none or it cannot be read."""
        path = Path(path)
        if not path.is_dir():
            raise InputError(f"no such run folder: {path}")
        head = _read_json(path / SWEEP)
        _refuse_other_schema(head.get("schema"), str(path / SWEEP))
        sweep, run_id = head.get("sweep"), head.get("run_id")
        if not isinstance(sweep, dict) or not isinstance(run_id, str):
            raise InputError(f"{path / SWEEP}: not the head of a run (no sweep or no run_id)")
        return cls(path, run_id, sweep, _read_json(path / MACHINE))

    def claim(self) -> None:
        """Keep others from writing here until :meth:`close`; :meth:`append` does it by itself.

        Raises :class:`InputError` if another process writes here, or the folder takes no rows.
        """
        self._writable_rows()

    def append(self, row: Row) -> None:
        """Add a row; when this returns, the row is on the disk.

        Raises :class:`RunError` if the disk does not take it (the rows before it
        stay whole), and :class:`InputError` if another process writes here.
        """
        line = row.to_json().encode() + b"\n"
        fd = self._writable_rows()
        size = os.fstat(fd).st_size
        try:
            written = 0
            while written < len(line):
                written += os.write(fd, line[written:])
            os.fsync(fd)
        except OSError as error:
            os.ftruncate(fd, size)
            raise RunError(
                f"{self.path / ROWS}: {error.strerror}; the rows before are safe. "
                f"Make room, then go on with --resume {self.path}"
            ) from error

    def rows(self) -> list[Row]:
        """Every row in the order of writing, repeated ones included.

        Raises :class:`InputError` naming file and line for a line that is no row
        of this schema; a last line without an end is left out.
        """
        file = self.path / ROWS
        try:
            lines = file.read_bytes().split(b"\n")[:-1]
        except OSError as error:
            raise InputError(f"{file}: {error.strerror}") from error
        return [_parse(line, f"{file}:{number}") for number, line in enumerate(lines, start=1)]

    def latest(self) -> list[Row]:
        """The last row for each case and backend, in the order in which these first came."""
        return list({row.key: row for row in self.rows()}.values())

    def frame(self) -> pandas.DataFrame:
        """:meth:`latest` as a table: one column a field, named as in ``rows.jsonl``."""
        import pandas

        columns = [field.alias or name for name, field in Row.model_fields.items()]
        return pandas.DataFrame([row.to_dict() for row in self.latest()], columns=columns)

    def close(self) -> None:
        """Let another process write here. Appending again is allowed."""
        if self._rows_fd is not None:
            os.close(self._rows_fd)
            self._rows_fd = None

    def _writable_rows(self) -> int:
        """The descriptor of ``rows.jsonl``, locked, its torn last line cut off."""
        if self._rows_fd is None:
            file = self.path / ROWS
            try:
                fd = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
            except OSError as error:
                raise _cannot_write(self.path, error) from error
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.ftruncate(fd, file.read_bytes().rfind(b"\n") + 1)
            except BlockingIOError:
                os.close(fd)
                raise InputError(f"{self.path}: another spbench is writing here") from None
            self._rows_fd = fd
        return self._rows_fd


def _parse(line: bytes, where: str) -> Row:
    try:
        fields = json.loads(line)
    except ValueError as error:
        raise InputError(f"{where}: not a row ({error})") from error
    if not isinstance(fields, dict):
        raise InputError(f"{where}: not a row (no JSON object)")
    _refuse_other_schema(fields.get("schema"), where)
    try:
        return Row.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{where}: not a row (field {field}: {first['msg']})") from error


def _refuse_other_schema(schema: Any, where: str) -> None:
    if schema != SCHEMA:
        raise InputError(f"{where}: schema {schema}; this spbench reads schema {SCHEMA}")


def _read_json(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text())
    except FileNotFoundError as error:
        raise InputError(f"{file.parent} is no run folder: it has no {file.name}") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{file}: cannot be read ({error})") from error
    if not isinstance(content, dict):
        raise InputError(f"{file}: cannot be read (no JSON object)")
    return content


def _write(file: Path, text: str) -> None:
    """Write beside and rename, so that a file is whole or absent."""
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with beside.open("w") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        beside.rename(file)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


def _cannot_write(path: Path, error: OSError) -> InputError:
    return InputError(f"cannot write to the results folder {path}: {error.strerror}")
