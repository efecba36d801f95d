"""One side of a comparison: a run, or repeats of the same sweep."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from spbench.errors import InputError
from spbench.store.run_folder import RunFolder
from spbench.store.schema import Row

Key = tuple[str, str, str]
"""Case, backend and host: what a row measures, and where."""


@dataclass(frozen=True, eq=False)
class Side:
    """The runs named on one side, opened; ``name`` is A or B."""

    name: str
    folders: tuple[RunFolder, ...]
    chosen: tuple[str, ...] = ()  # of each folder, the host whose rows count; empty for all

    @classmethod
    def open(cls, name: str, paths: str) -> Side:
        """Open the runs of ``paths``, separated by commas.

        ``RUN@HOST`` are the rows of one host of a run, under the name of its kind, so that they
        pair with those of a local run on such a machine.

        Raises :class:`InputError` for what is no run or has no rows, and for repeats that are
        not of one sweep.
        """
        texts = [text.strip() for text in paths.split(",")]
        if not all(texts):
            raise InputError(f"run {name}: a path is empty in {paths!r}")
        asked = [_run_and_host(text) for text in texts]
        folders = tuple(RunFolder.open(path) for path, _ in asked)
        side = cls(name, folders, tuple(host for _, host in asked))
        for folder, rows in zip(side.folders, side.runs, strict=True):
            if not rows:
                raise InputError(f"{folder.path} has no rows yet{side.of_host(folder)}")
            if folder.sweep != side.folders[0].sweep:
                raise InputError(
                    f"{folder.path} is no repeat of {side.folders[0].path}: another sweep"
                )
        return side

    @cached_property
    def runs(self) -> list[dict[Key, Row]]:
        """The latest rows of each run, by what they measure."""
        chosen = self.chosen or ("",) * len(self.folders)
        return [
            {row.key: row for row in _rows(folder, host)}
            for folder, host in zip(self.folders, chosen, strict=True)
        ]

    @property
    def facts(self) -> dict[str, Any]:
        """Facts of the first run's machine: of its chosen host, or what all its hosts share."""
        first, host = self.folders[0], self.chosen[0] if self.chosen else ""
        return first.machines().get(host, first.machine)

    def of_host(self, folder: RunFolder) -> str:
        """What to add to a complaint about a folder: the host that was asked for, and those it has."""
        host = self.chosen[self.folders.index(folder)]
        known = ", ".join(sorted({row.host for row in folder.latest()}))
        return f" of {host}; it has {known}" if host else ""

    @cached_property
    def hosts(self) -> list[str]:
        """The machines that rows are from."""
        return sorted({host for run in self.runs for _, _, host in run})

    @property
    def paths(self) -> list[Path]:
        return [folder.path for folder in self.folders]

    def by_key(self, any_host: bool) -> list[dict[Key, Row]]:
        """:attr:`runs`; with ``any_host``, the host is no part of the key."""
        if not any_host:
            return self.runs
        return [
            {(case, backend, ""): row for (case, backend, _), row in run.items()}
            for run in self.runs
        ]

    def __str__(self) -> str:
        return ", ".join(map(str, self.paths))


def _run_and_host(text: str) -> tuple[str, str]:
    """``RUN@HOST``, unless there is a run of that very name."""
    path, at, host = text.partition("@")
    return (path, host) if at and host and not Path(text).exists() else (text, "")


def _rows(folder: RunFolder, host: str) -> list[Row]:
    """All rows, or those of a host under the name of its kind: ``f00d@genoa-1`` is a ``f00d``."""
    if not host:
        return folder.latest()
    kind = host.partition("@")[0]
    rows = (row for row in folder.latest() if row.host == host)
    return [row.model_copy(update={"host": kind}) for row in rows]


def refuse_twice(a: Side, b: Side) -> None:
    """Raise :class:`InputError` if a run is given twice, be it as a copy."""
    seen: dict[str, Path] = {}
    for folder in (*a.folders, *b.folders):
        if folder.run_id in seen:
            raise InputError(
                f"{seen[folder.run_id]} and {folder.path} are the same run: it agrees with itself"
            )
        seen[folder.run_id] = folder.path
