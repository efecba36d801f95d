"""Where spbench keeps what it can make again: nothing is lost when the folder is removed."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO


def cache_folder() -> Path:
    """``$XDG_CACHE_HOME/spbench``, or ``~/.cache/spbench``. It need not exist."""
    root = os.environ.get("XDG_CACHE_HOME", "")
    folder = Path(root) if os.path.isabs(root) else Path(os.path.expanduser("~"), ".cache")
    return folder / "spbench"


def write_cached(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Let ``write`` fill the file at ``path``: whole or not at all, for other processes read it.

    Where it cannot be written nothing happens: what is kept can be made again.
    """
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, partial = tempfile.mkstemp(dir=path.parent, prefix=".partial-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                write(file)
            os.replace(partial, path)
        except BaseException:
            os.unlink(partial)
            raise
