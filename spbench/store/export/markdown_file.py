"""Markdown: what a person reads of a row, as a table for an issue or a note."""

from __future__ import annotations

from spbench.store.run_folder import RunFolder
from spbench.store.schema import Row

_HEADERS = [
    "backend",
    "M x K x N",
    "weights",
    "blocks",
    "sparsity",
    "output",
    "threads",
    "status",
    "time us",
    "99 % interval us",
    "dense-equivalent GOPS",
    "real GOPS",
    "implementation",
    "reason",
]


def render(run: RunFolder) -> bytes:
    """The rows as a Markdown table in UTF-8; times in microseconds a call.

    A column names the machine if there are several.
    """
    from tabulate import tabulate

    rows = run.latest()
    several = len({row.host for row in rows}) > 1
    cells = [[row.host] * several + _cells(row) for row in rows]
    table = tabulate(cells, ["machine"] * several + _HEADERS, "github", disable_numparse=True)
    return f"{table}\n".encode()


def _cells(row: Row) -> list[str]:
    return [
        _escaped(text)
        for text in (
            row.backend,
            f"{row.m}x{row.k}x{row.n}",
            row.weights,
            row.pattern,
            f"{row.sparsity_real:.1%}".replace("%", " %"),
            row.output,
            str(row.threads),
            str(row.status),
            _microseconds(row.time_ns),
            _interval(row),
            _number(row.gops_dense_equivalent),
            _number(row.gops_real),
            row.implementation,
            row.reason,
        )
    ]


def _interval(row: Row) -> str:
    if row.time_ns_low is None or row.time_ns_high is None:
        return ""
    return f"{_microseconds(row.time_ns_low)} - {_microseconds(row.time_ns_high)}"


def _microseconds(time_ns: float | None) -> str:
    return "" if time_ns is None else f"{time_ns / 1e3:.2f}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _escaped(text: str) -> str:
    """A bar would end the cell, a line break the row."""
    return " ".join(text.replace("|", "\\|").split())
