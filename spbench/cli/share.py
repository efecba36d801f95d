"""A share on the command line, written with its sign: ``5%``."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import click


class Share(click.ParamType):
    """``5%`` is 0.05."""

    name = "PERCENT%"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) ?%", str(value))
        if not match:
            self.fail(f"{value!r}: write a percentage, such as 5%", param, ctx)
        return float(match[1]) / 100


def indifference_option(default: str) -> Callable:
    """``--indifference``; ``default`` says in words what holds without it."""
    return click.option(
        "--indifference",
        type=Share(),
        help=f"Faster or slower is what differs by more than this.  [default: {default}]",
    )
