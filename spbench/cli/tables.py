"""Rows on stdout: a table for people, or JSON, CSV or Markdown."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import click

FORMATS = ("table", "json", "csv", "markdown")
Row = Mapping[str, Any]

format_option = click.option(
    "--format",
    "format_",
    type=click.Choice(FORMATS),
    default="table",
    show_default=True,
    help="How to print the rows on stdout.",
)


def print_table(
    rows: Iterable[Row],
    headers: Mapping[str, str],
    format_: str,
    show: Mapping[str, Callable[[Any], str]] | None = None,
    total: Row | None = None,
) -> None:
    """Print ``rows`` (mappings, or a data frame) on stdout in one of :data:`FORMATS`.

    ``headers`` maps the keys of a row to column heads for people, and orders
    the columns. ``json`` and ``csv`` carry the keys and the raw values; ``table``
    and ``markdown`` the heads, values passed through ``show`` where it names
    their key, and ``total`` as last line.
    """
    rows = _records(rows)
    if format_ == "json":
        picked = [{key: _plain(row.get(key)) for key in headers} for row in rows]
        click.echo(json.dumps(picked, indent=1, ensure_ascii=False))
    elif format_ == "csv":
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerows([list(headers), *([row.get(key) for key in headers] for row in rows)])
        click.echo(text.getvalue(), nl=False)
    else:
        _print_for_people([*rows, *([total] if total else [])], headers, format_, show or {})


def percent(share: float) -> str:
    """A share of 1 as ``80.0 %``."""
    return f"{share:.1%}".replace("%", " %")


def _print_for_people(
    rows: Sequence[Row],
    headers: Mapping[str, str],
    format_: str,
    show: Mapping[str, Callable[[Any], str]],
) -> None:
    from tabulate import tabulate

    cells = [[_shown(row.get(key), show.get(key)) for key in headers] for row in rows]
    numeric = [all(isinstance(row.get(key), int | float) for row in rows) for key in headers]
    align = ["right" if is_number else "left" for is_number in numeric]
    style = "github" if format_ == "markdown" else "simple"
    click.echo(
        tabulate(cells, [*headers.values()], style, colalign=align, disable_numparse=True)
        if rows
        else tabulate([], [*headers.values()], style)
    )


def _shown(value: Any, show: Callable[[Any], str] | None) -> str:
    if value is None:
        return ""
    return show(value) if show else str(value)


def _records(rows: Any) -> list[Row]:
    return rows.to_dict("records") if hasattr(rows, "to_dict") else list(rows)


def _plain(value: Any) -> Any:
    """What JSON can carry: NumPy scalars as numbers, NaN as null, the rest as text."""
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float) and math.isnan(value):
        return None
    return value if isinstance(value, str | int | float | bool | None) else str(value)
