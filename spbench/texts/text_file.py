"""FILE.txt: one text a line."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from spbench.errors import InputError, refusal


def read_text_file(path: Path) -> list[str]:
    """The lines that are not empty. Raises :class:`InputError` for what holds no text."""
    try:
        texts = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except OSError as error:
        raise refusal(error, path, "cannot be read") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text; save it as UTF-8, one text a line") from error
    texts = [text for text in texts if text]
    if not texts:
        raise InputError(f"{path}: holds no text; write one text a line")
    return texts


def write_text_file(path: Path, texts: Iterable[str]) -> None:
    """Write ``texts``, which have no line ends in them. Raises :class:`InputError`."""
    try:
        path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    except OSError as error:
        raise refusal(error, path, "cannot be written") from error
