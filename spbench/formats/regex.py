"""A regular expression that a user wrote, checked when it is read and kept as text."""

from __future__ import annotations

import re
import warnings
from typing import Annotated

from pydantic import AfterValidator


def _checked(text: str) -> str:
    try:
        text.encode()  # half of a surrogate pair could not be kept in a record
        with warnings.catch_warnings(action="ignore"):  # such as `[[`, which may change its meaning
            re.compile(text)
    except (re.error, OverflowError, RecursionError, UnicodeError) as error:
        raise ValueError(f"{_short(text)!r}: not a regular expression: {error}") from error
    return text


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:80]}..."


Regex = Annotated[str, AfterValidator(_checked)]
