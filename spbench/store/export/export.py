"""A run in one of the formats, to a file or for stdout."""

from __future__ import annotations

import errno
import importlib
from pathlib import Path

from spbench.errors import InputError, RunError
from spbench.store.json_file import write_bytes
from spbench.store.run_folder import RunFolder

FORMATS = {
    "csv": "csv_file",
    "parquet": "parquet_file",
    "markdown": "markdown_file",
    "google-benchmark": "google_benchmark",
    "pyperf": "pyperf_file",
}
"""The module that renders each format; imported when it is asked for."""

BINARY = ("parquet",)
"""Formats that are of no use on a terminal."""

_DISK_IS_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EIO)


def export_run(run: str | Path, format_: str, out: str | Path | None = None) -> bytes:
    """The latest rows of the run in ``run`` as ``format_``; also written to ``out``, if given.

    The file is written beside and renamed: whole, or as it was. Raises :class:`InputError` for
    what is no run or has no rows, a place that cannot be written, and a package that is missing;
    :class:`RunError` for a full disk.
    """
    if out is None and format_ in BINARY:
        raise InputError(f"{format_} is binary: name a file with --out FILE")
    folder = RunFolder.open(run)
    if not folder.latest():
        raise InputError(f"{run} has no rows yet")
    module = importlib.import_module(f"spbench.store.export.{FORMATS[format_]}")
    content = module.render(folder)
    if out is not None:
        _write(Path(out), content)
    return content


def _write(out: Path, content: bytes) -> None:
    try:
        write_bytes(out, content)
    except OSError as error:
        kind = RunError if error.errno in _DISK_IS_FULL else InputError
        raise kind(f"cannot write {out}: {error.strerror}") from error
