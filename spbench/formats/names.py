"""Names of runs and models: they become folders and keys."""

from __future__ import annotations

import re

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def checked_name(text: str) -> str:
    """``text``; raises ValueError for what would not do as a folder's name."""
    if not _NAME.fullmatch(text):
        raise ValueError(f"name {text!r}: use letters, digits, dots and dashes (it names a folder)")
    return text
