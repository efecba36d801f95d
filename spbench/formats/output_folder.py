"""A folder that appears complete or not at all: written beside, then renamed."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from spbench.errors import InputError, RunError, refusal_kind
from spbench.formats.exchange import exchange
from spbench.formats.path_kind import PathKind, path_kind


def check_target(target: Path, marker: str, force: bool) -> None:
    """Refuse a ``target`` that must not be replaced, before any work is done.

    A missing or empty folder is fine. With ``force``, so is a folder that
    holds the file ``marker``, which says that spbench wrote it; no other folder
    is ever replaced. Raises :class:`InputError`.
    """
    kind = path_kind(target)
    if kind is PathKind.MISSING:
        _require_folder_above(target)
        return
    if kind is not PathKind.FOLDER:
        raise InputError(f"{target}: exists and is not a folder; choose another --out")
    try:
        empty = not any(target.iterdir())
    except OSError as error:
        raise InputError(f"{target}: cannot be written: {error.strerror}") from error
    if empty:
        return
    if path_kind(target / marker) is not PathKind.FILE:
        raise InputError(f"{target}: not empty, and not written by spbench; choose another --out")
    if not force:
        raise InputError(f"{target}: not empty; --force replaces it, or choose another --out")


def _require_folder_above(target: Path) -> None:
    """Folders can be made on the way to ``target``, but not below a file."""
    kinds = ((folder, path_kind(folder)) for folder in target.parents)
    above, kind = next(found for found in kinds if found[1] is not PathKind.MISSING)
    if kind is not PathKind.FOLDER:
        raise InputError(f"{target}: cannot be written: {above} is {kind}")


@contextmanager
def output_folder(target: Path) -> Iterator[Path]:
    """A new hidden folder beside ``target``, which takes its name when the block ends.

    Whatever ends the block early removes the new folder, and those above it that
    were made for it, and leaves ``target`` as it was. What was at ``target`` is
    replaced: :func:`check_target` says whether it may be. Raises
    :class:`InputError` where the place cannot be written, :class:`RunError` when
    the disk is full.

    After a kill, only a hidden folder stays behind: ``.<name>.partial-*``. Where
    the system cannot exchange two folders in one step (see
    :func:`~spbench.formats.exchange.exchange`) and the kill falls between the two
    renames of a replacement, ``target`` is missing: the old folder is then
    ``.<name>.replaced-*``, the new one, complete, ``.<name>.partial-*``.
    """
    partial = _beside(target, "partial")
    made: list[Path] = []
    try:
        made += [folder for folder in target.parents if not folder.exists()]
        target.parent.mkdir(parents=True, exist_ok=True)
        partial.mkdir()
        yield partial
        _sync(partial)
        _put_in_place(partial, target)
        _sync_entry(target.parent)
    except shutil.SpecialFileError as error:
        raise InputError(f"{target}: not written: {error}") from error
    except OSError as error:
        if refusal_kind(error) is RunError:
            what = _cause(error, partial)
            raise RunError(f"{target}: not written: {what}; nothing is left") from error
        raise InputError(f"{target}: cannot be written: {_cause(error, partial)}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        _remove_empty(made)


def _beside(target: Path, what: str) -> Path:
    """A new name; of a long one only the beginning, so that it is no longer than a name may be."""
    return target.with_name(f".{target.name[:40]}.{what}-{secrets.token_hex(4)}")


def _remove_empty(folders: list[Path]) -> None:
    """Remove what was made on the way to a target that did not come, the innermost first."""
    for folder in folders:
        with suppress(OSError):  # it holds the target, or was never made
            folder.rmdir()


def _cause(error: OSError, partial: Path) -> str:
    """The system's words, and the file where it is not our own."""
    what = error.strerror or str(error)
    ours = error.filename is None or str(error.filename).startswith(str(partial))
    return what if ours else f"{what}: {error.filename}"


def _put_in_place(partial: Path, target: Path) -> None:
    """Give ``target`` the new content; what was there is ``partial`` afterwards, or gone."""
    if not target.is_dir() or not any(target.iterdir()):
        partial.rename(target)
    elif not exchange(partial, target):
        _replace_in_two_steps(partial, target)


def _replace_in_two_steps(partial: Path, target: Path) -> None:
    aside = _beside(target, "replaced")
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
