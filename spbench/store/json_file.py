"""One JSON object in a file that is whole or absent."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from spbench.errors import InputError


def read_json(file: Path) -> Any:
    """The content of ``file``. Raises :class:`InputError` if it is absent or no JSON."""
    try:
        return json.loads(file.read_text())
    except FileNotFoundError as error:
        raise InputError(f"{file.parent} is no run folder: it has no {file.name}") from error
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{file}: cannot be read ({error})") from error


def read_json_object(file: Path) -> dict[str, Any]:
    """As :func:`read_json`, and an object."""
    content = read_json(file)
    if not isinstance(content, dict):
        raise InputError(f"{file}: cannot be read (no JSON object)")
    return content


def write_json(file: Path, content: Any) -> None:
    """Replace ``file``, as :func:`write_text` does."""
    write_text(file, json.dumps(content, indent=2) + "\n")


def write_text(file: Path, text: str) -> None:
    """Replace ``file``, as :func:`write_bytes` does."""
    write_bytes(file, text.encode())


def write_bytes(file: Path, content: bytes) -> None:
    """Write beside and rename; when this returns, content and name are on the disk.

    Raises OSError; then ``file`` is what it was before.
    """
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with beside.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        beside.rename(file)
        _sync_folder(file.parent)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    """Make renames in ``folder`` last: the name of a file belongs to its folder's own data."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
