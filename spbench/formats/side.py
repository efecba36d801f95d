"""A side of a matrix or of a block: digits in a text, a number that can be counted with."""

from __future__ import annotations

from spbench.errors import InputError

MAX_SIDE = 2**31 - 1
"""Kernels and libraries count rows and columns in 32 bits with a sign."""

SIDE = "[0-9]+"
"""What :func:`read_side` takes, for regular expressions; `\\d` knows digits of other scripts."""


def read_side(digits: str, where: str) -> int:
    """The number that ``digits`` means; ``where`` begins the error's line.

    Raises :class:`InputError` unless it lies in 1 .. :data:`MAX_SIDE`.
    """
    significant = digits.lstrip("0")
    if not significant:
        raise InputError(f"{where}: every side must be at least 1")
    if len(significant) > len(str(MAX_SIDE)) or int(significant) > MAX_SIDE:
        raise InputError(f"{where}: every side must be at most {MAX_SIDE}")
    return int(significant)
