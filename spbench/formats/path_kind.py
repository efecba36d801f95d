"""What lies at a path, told apart where the difference helps a user."""

from __future__ import annotations

import stat
from enum import StrEnum
from pathlib import Path

from spbench.errors import InputError, refusal


class PathKind(StrEnum):
    """What is there, in the words of an error line."""

    FILE = "a file"
    FOLDER = "a folder"
    DANGLING = "a link to nothing"
    OTHER = "a device, pipe or socket"
    MISSING = "missing"


def path_kind(path: Path) -> PathKind:
    """What is at ``path``, links followed.

    Raises :class:`InputError` where the system does not tell (a folder that may
    not be entered, a name that is too long, links in a circle).
    """
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return PathKind.DANGLING if path.is_symlink() else PathKind.MISSING
    except OSError as error:
        raise refusal(error, path) from error
    except ValueError as error:  # a NUL, or half of a surrogate pair
        raise InputError(f"{path}: no file can have this name") from error
    if stat.S_ISREG(mode):
        return PathKind.FILE
    return PathKind.FOLDER if stat.S_ISDIR(mode) else PathKind.OTHER
