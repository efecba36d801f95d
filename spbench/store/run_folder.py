"""A run's folder: its rows, the sweep that was asked for and the machines it ran on.

    rows.jsonl             one JSON object a line, appended, flushed to the disk one by one
    sweep.json             run id, the resolved sweep, its model; ``--resume`` refuses any other
    model-rows.jsonl       the same two of a run of whole models, which may share the folder
    model-sweep.json
    machine.json           a local run: the machine's facts and measured limits
    machines/<host>.json   a run on many machines: the same of each
    warnings.json          what disturbed the measuring, over all resumptions

A sweep's file is written once, at the start, and never touched again.
"""

from __future__ import annotations

import shutil
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from spbench.errors import InputError, RunError
from spbench.store.json_file import read_json, read_json_object, write_json, write_text
from spbench.store.model_row import MODEL_ROWS, ModelRow
from spbench.store.rows_file import RowsFile, cannot_write, refuse_other_schema
from spbench.store.schema import Row
from spbench.store.stored_row import SCHEMA

if TYPE_CHECKING:
    import pandas

ROWS, SWEEP, MACHINE = "rows.jsonl", "sweep.json", "machine.json"
MODEL_SWEEP = "model-sweep.json"
MACHINES, WARNINGS = "machines", "warnings.json"


class RunFolder:
    """The folder of one run. Make it with :meth:`create`, find it again with :meth:`open`.

    Attributes
    ----------
    path : Path
    head : dict
        What ``sweep.json`` holds: run_id, sweep, and what :meth:`create` was told besides.
    """

    rows_name: ClassVar[str] = ROWS
    head_name: ClassVar[str] = SWEEP
    kind: ClassVar[type[Row | ModelRow]] = Row

    def __init__(self, path: Path, head: dict[str, Any]):
        self.path = path
        self.head = head
        self._rows = RowsFile(path / self.rows_name, self.kind)

    @classmethod
    def reserve(cls, path: str | Path) -> bool:
        """Make the folder and find out whether it takes files, before hours are spent for it.

        Returns whether it is new. Raises :class:`InputError` if it takes no files, or
        if it holds a run already.
        """
        path = Path(path)
        try:
            if (path / cls.rows_name).exists():
                raise InputError(
                    f"{path} holds a run already: use --resume {path}, or another --out"
                )
            is_new = not path.exists()
            path.mkdir(parents=True, exist_ok=True)
            write_text(path / cls.rows_name, "")
            (path / cls.rows_name).unlink()
        except OSError as error:
            raise cannot_write(path, error) from error
        return is_new

    @classmethod
    def create(
        cls,
        path: str | Path,
        sweep: dict[str, Any],
        machine: dict[str, Any] | None,
        **more: Any,
    ) -> Self:
        """Start a run in a new folder. Raises :class:`InputError` as :meth:`reserve` does.

        ``machine`` holds the facts of this machine; None for a run on others, which
        :meth:`add_machine` adds. ``more`` is kept in the head.
        """
        path = Path(path)
        cls.reserve(path)
        created = datetime.now(UTC).isoformat(timespec="seconds")
        head = {"schema": SCHEMA, "run_id": uuid.uuid4().hex[:12], "created": created}
        head |= {"sweep": sweep, **more}
        try:
            if machine is None:
                (path / MACHINES).mkdir()
            else:
                _keep_machine(path, machine)
            write_json(path / cls.head_name, head)
            write_text(path / cls.rows_name, "")
        except OSError as error:
            raise cannot_write(path, error) from error
        return cls(path, head)

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Find a run again. Raises :class:`InputError` if there is none or it cannot be read."""
        path = Path(path)
        try:
            if not path.is_dir():
                raise InputError(f"no such run folder: {path}")
        except OSError as error:
            raise InputError(f"{path}: cannot be read: {error.strerror}") from error
        file = path / cls.head_name
        head = read_json_object(file)
        refuse_other_schema(head.get("schema"), str(file))
        if not isinstance(head.get("sweep"), dict) or not isinstance(head.get("run_id"), str):
            raise InputError(f"{file}: not the head of a run (no sweep or no run_id)")
        folder = cls(path, head)
        folder.machines()  # one that cannot be read is told now
        return folder

    @property
    def run_id(self) -> str:
        """Drawn once, when the folder was made."""
        return self.head["run_id"]

    @property
    def sweep(self) -> dict[str, Any]:
        """The resolved sweep, as given to :meth:`create`."""
        return self.head["sweep"]

    @property
    def machine(self) -> dict[str, Any]:
        """The machine's facts; of several machines, those that are the same on all of them."""
        first, *others = self.machines().values() or [{}]
        return {
            key: value
            for key, value in first.items()
            if all(facts.get(key) == value for facts in others)
        }

    def machines(self) -> dict[str, dict[str, Any]]:
        """Facts by host, as ``Row.host`` names it. Raises :class:`InputError` if unreadable."""
        if not (self.path / MACHINES).is_dir():
            facts = read_json_object(self.path / MACHINE)
            return {str(facts.get("fingerprint", "")): facts}
        files = sorted((self.path / MACHINES).glob("[!.]*.json"))
        return {file.name.removesuffix(".json"): read_json_object(file) for file in files}

    def add_machine(self, host: str, facts: dict[str, Any]) -> None:
        """Keep the facts of one of several machines; ``host`` must do as the name of a file."""
        try:
            write_json(self.path / MACHINES / f"{host}.json", facts)
        except OSError as error:
            raise cannot_write(self.path, error) from error

    def warnings(self) -> list[dict[str, Any]]:
        """Every warning added so far, oldest first. Raises :class:`InputError` if unreadable."""
        file = self.path / WARNINGS
        if not file.exists():
            return []
        content = read_json(file)
        if not isinstance(content, list) or not all(isinstance(one, dict) for one in content):
            raise InputError(f"{file}: cannot be read (no list of JSON objects)")
        return content

    def add_warnings(self, warnings: list[dict[str, Any]]) -> None:
        """Add warnings to those of earlier invocations. Raises :class:`RunError` if it cannot."""
        if not warnings:
            return
        try:
            write_json(self.path / WARNINGS, self.warnings() + warnings)
        except OSError as error:
            raise RunError(f"{self.path / WARNINGS}: {error.strerror}") from error

    def claim(self) -> None:
        """Keep others from writing here until :meth:`close`; :meth:`append` does it by itself.

        Raises :class:`InputError` if another process writes here, or the folder takes no rows.
        """
        self._rows.claim()

    def append(self, row: Row) -> None:
        """Add a row; when this returns, the row is on the disk.

        Raises :class:`RunError` if the disk does not take it (the rows before it
        stay whole), and :class:`InputError` if another process writes here.
        """
        self._rows.append(row)

    def rows(self) -> list[Row]:
        """Every row in the order of writing, repeated ones included.

        Raises :class:`InputError` naming file and line for a line that is no row
        of this schema; a last line without an end is left out.
        """
        return self._rows.read()

    def latest(self) -> list[Row]:
        """The last row for each case, backend and host, in the order in which these first came."""
        return list({row.key: row for row in self.rows()}.values())

    def frame(self) -> pandas.DataFrame:
        """:meth:`latest` as a table: one column a field, named as in ``rows.jsonl``."""
        import pandas

        columns = [field.alias or name for name, field in self.kind.model_fields.items()]
        return pandas.DataFrame([row.to_dict() for row in self.latest()], columns=columns)

    def close(self) -> None:
        """Let another process write here. Appending again is allowed."""
        self._rows.close()


class ModelRunFolder(RunFolder):
    """The folder of a run of whole models; the rows are :class:`ModelRow`."""

    rows_name = MODEL_ROWS
    head_name = MODEL_SWEEP
    kind = ModelRow


def _keep_machine(path: Path, machine: dict[str, Any]) -> None:
    """Raises :class:`InputError` if the folder has a run of the other kind, of another machine."""
    file = path / MACHINE
    if not file.exists():
        write_json(file, machine)
    elif read_json_object(file).get("fingerprint") != machine.get("fingerprint"):
        raise InputError(f"{path} holds a run of another machine: choose another --out")


def discard(path: str | Path, folder_too: bool, kind: type[RunFolder] = RunFolder) -> None:
    """Remove what a folder of ``kind`` has made at ``path``: for a run that got no row.

    What the two kinds share stays while the other has a run there. The folder itself goes only
    with ``folder_too``, and only if nothing else is in it.
    """
    path = Path(path)
    for name in (kind.rows_name, kind.head_name):
        (path / name).unlink(missing_ok=True)
    if not any((path / head).exists() for head in (SWEEP, MODEL_SWEEP)):
        for name in (MACHINE, WARNINGS):
            (path / name).unlink(missing_ok=True)
        shutil.rmtree(path / MACHINES, ignore_errors=True)
    if folder_too and not any(path.iterdir()):
        path.rmdir()
