"""Options of a sweep as its config wants them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import click

_PRUNING = [
    click.option("--pattern", metavar="RxC", help="Blocks to prune in.  [default: 4x1]"),
    click.option(
        "--sparsity",
        type=click.FloatRange(0, 1, max_open=True),
        help="Prune to it first.  [default: the model as it is]",
    ),
]


def pruning_options(function: Callable) -> Callable:
    """``--pattern`` and ``--sparsity`` of one model."""
    for option in reversed(_PRUNING):
        function = option(function)
    return function


def values_of(given: Mapping[str, str | float | None], single: Collection[str]) -> dict[str, Any]:
    """Options that were given; lists are split at commas, except those that are ``single``."""
    values: dict[str, Any] = {}
    for key, text in given.items():
        if text is None:
            continue
        if isinstance(text, float):
            values[key] = text
            continue
        parts = [part.strip() for part in text.split(",")]
        if key == "protocol":
            values[key] = dict(_pair(part) for part in parts)
        else:
            values[key] = text if key in single else parts
    return values


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not (key and equals and value):
        raise click.BadParameter(f"{text!r}: write KEY=VALUE", param_hint="--protocol")
    return key, value
