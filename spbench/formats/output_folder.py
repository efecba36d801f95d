"""A folder that appears complete or not at all: written beside, then renamed."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spbench.errors import InputError, RunError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}


def check_target(target: Path, marker: str, force: bool) -> None:
    """Refuse a ``target`` that must not be replaced, before any work is done.

    A missing or empty folder is fine. With ``force``, so is a folder that
    holds the file ``marker``, which says that spbench wrote it; no other folder
    is ever replaced. Raises :class:`InputError`.
    """
    try:
        if target.is_dir() and not any(target.iterdir()):
            return
        if not target.exists():
            return
    except OSError as error:
        raise InputError(f"{target}: cannot be written: {error.strerror}") from error
    if not target.is_dir():
        raise InputError(f"{target}: exists and is not a folder; choose another --out")
    if not (target / marker).is_file():
        raise InputError(f"{target}: not empty, and not written by spbench; choose another --out")
    if not force:
        raise InputError(f"{target}: not empty; --force replaces it, or choose another --out")


@contextmanager
def output_folder(target: Path) -> Iterator[Path]:
    """A new hidden folder beside ``target``, which takes its name when the block ends.

    Whatever ends the block early removes the new folder and leaves ``target``
    as it was; after a kill, only the hidden folder (``.<name>.partial-*``)
    stays behind. What was at ``target`` is replaced: :func:`check_target` says
    whether it may be. Raises :class:`InputError` where the place cannot be
    written, :class:`RunError` when the disk is full.
    """
    partial = target.with_name(f".{target.name}.partial-{secrets.token_hex(4)}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial.mkdir()
        yield partial
        _sync(partial)
        _rename(partial, target)
        _sync_entry(target.parent)
    except OSError as error:
        if error.errno in _FULL:
            raise RunError(f"{target}: not written: {error.strerror}; nothing is left") from error
        raise InputError(f"{target}: cannot be written: {_cause(error, partial)}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _cause(error: OSError, partial: Path) -> str:
    """The system's words, and the file where it is not our own."""
    what = error.strerror or str(error)
    ours = error.filename is None or str(error.filename).startswith(str(partial))
    return what if ours else f"{what}: {error.filename}"


def _rename(partial: Path, target: Path) -> None:
    if not target.is_dir() or not any(target.iterdir()):
        partial.rename(target)
        return
    aside = target.with_name(f".{target.name}.replaced-{secrets.token_hex(4)}")
    target.rename(aside)
    try:
        partial.rename(target)
    finally:
        if not target.exists():
            aside.rename(target)
    shutil.rmtree(aside, ignore_errors=True)


def _sync(folder: Path) -> None:
    for root, _, names in os.walk(folder):
        for name in names:
            _sync_entry(Path(root, name))
        _sync_entry(Path(root))


def _sync_entry(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
