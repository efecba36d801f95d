"""Where spbench keeps what it can make again: nothing is lost when the folder is removed."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """``$XDG_CACHE_HOME/spbench``, or ``~/.cache/spbench``. It need not exist."""
    root = os.environ.get("XDG_CACHE_HOME", "")
    folder = Path(root) if os.path.isabs(root) else Path(os.path.expanduser("~"), ".cache")
    return folder / "spbench"
