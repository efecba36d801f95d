"""One side of a comparison: a run, or repeats of the same sweep."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

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

    @classmethod
    def open(cls, name: str, paths: str) -> Side:
        """Open the runs of ``paths``, separated by commas.

        Raises :class:`InputError` for what is no run or has no rows, and for repeats that are
        not of one sweep.
        """
        texts = [text.strip() for text in paths.split(",")]
        if not all(texts):
            raise InputError(f"run {name}: a path is empty in {paths!r}")
        side = cls(name, tuple(RunFolder.open(text) for text in texts))
        for folder, rows in zip(side.folders, side.runs, strict=True):
            if not rows:
                raise InputError(f"{folder.path} has no rows yet")
            if folder.sweep != side.folders[0].sweep:
                raise InputError(
                    f"{folder.path} is no repeat of {side.folders[0].path}: another sweep"
                )
        return side

    @cached_property
    def runs(self) -> list[dict[Key, Row]]:
        """The latest rows of each run, by what they measure."""
        return [{row.key: row for row in folder.latest()} for folder in self.folders]

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


def refuse_twice(a: Side, b: Side) -> None:
    """Raise :class:`InputError` if a run is given twice, be it as a copy."""
    seen: dict[str, Path] = {}
    for folder in (*a.folders, *b.folders):
        if folder.run_id in seen:
            raise InputError(
                f"{seen[folder.run_id]} and {folder.path} are the same run: it agrees with itself"
            )
        seen[folder.run_id] = folder.path
