"""A file's name as a record may hold it."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator


def _as_text(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()


# The name of a file may hold bytes that are no text; JSON may not.
FileName = Annotated[str, AfterValidator(_as_text)]
