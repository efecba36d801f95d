"""Finding a shared library: named by the user, inside an installed package, or the system's."""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, files, version
from pathlib import Path

from spbench.errors import RunError


@dataclass(frozen=True)
class Library:
    """Where a shared library may be and how to tell that it is the right one.

    Looked for in this order: the path in the environment variable
    ``variable``; ``file_names`` among the files of each of ``packages``;
    ``file_names`` as the dynamic linker finds them. Only a missing library
    sends the search on: one that is there and does not load is reported.
    """

    title: str  # "oneDNN"
    variable: str  # "SPBENCH_ONEDNN"
    packages: tuple[str, ...]  # as on PyPI
    file_names: tuple[str, ...]  # the first found is taken
    symbols: tuple[str, ...]  # functions that it must have
    install: str  # the command that brings it

    def open(self) -> ctypes.CDLL:
        """Load it. Raises :class:`RunError` with the reason if that cannot be."""
        if named := os.environ.get(self.variable):
            return self._open_named(named)
        for package in self.packages:
            if path := self._file_in_package(package):
                return self._load(str(path))
        return self._open_from_system()

    def package_version(self) -> str:
        """Version of the package that carries the library; "unknown" if it is another one."""
        if not os.environ.get(self.variable):
            for package in self.packages:
                if self._file_in_package(package):
                    return version(package)
        return "unknown"

    def _open_named(self, path: str) -> ctypes.CDLL:
        if not Path(path).is_file():
            raise RunError(f"{self.variable}={path}: no such file")
        return self._load(path)

    def _open_from_system(self) -> ctypes.CDLL:
        for name in self.file_names:
            try:
                ctypes.CDLL(name)
            except OSError:
                continue
            return self._load(name)
        packages = f"no package {' or '.join(self.packages)}, " if self.packages else ""
        raise RunError(
            f"{self.title} not found: {packages}{self.variable} not set, "
            f"no {self.file_names[0]} in the system"
        )

    def _file_in_package(self, package: str) -> Path | None:
        try:
            by_name = {file.name: file for file in files(package) or ()}
        except PackageNotFoundError:
            return None
        found = (by_name[name].locate() for name in self.file_names if name in by_name)
        return next((Path(path) for path in found if Path(path).is_file()), None)

    def _load(self, path: str) -> ctypes.CDLL:
        try:
            library = ctypes.CDLL(path)
        except OSError as error:
            raise RunError(f"{self.title} does not load: {error}") from error
        missing = [symbol for symbol in self.symbols if not hasattr(library, symbol)]
        if missing:
            raise RunError(f"{path} is not the {self.title} that is needed: it has no {missing[0]}")
        return library
