"""A table of text, as Markdown and as HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from spbench.measure.statistics import Verdict

NOTHING = "-"
"""What a cell without a value shows."""
LONGEST_UNBROKEN = 26
"""Characters up to which a cell stays on one line of the page."""


FACETS = {
    "backend": "backend",
    "MxK": "shape",
    "N": "n",
    "zeros": "sparsity",
    "machine": "machine",
    "blocks": "blocks",
    "setting": "setting",
    "model": "model",
    "batch x tokens": "size",
    "runtime": "runtime",
}
"""Columns whose cells say what their row is about, and the name a page's filter has for it."""


@dataclass(frozen=True)
class Head:
    """A column's header; ``facets`` say what the whole column is about (``{"n": "128"}``)."""

    text: str
    facets: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Cell:
    """Text with the verdict that it reports, so that a page can colour it."""

    text: str
    verdict: Verdict | None = None

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Table:
    """Headers, rows of cells, and a note that says how to read them.

    A page's filters go by facets: what a row is about, from the columns named in
    :data:`FACETS` or, where a table has none of these, from ``facets``, one a row.
    """

    title: str
    headers: Sequence[Head | str]
    rows: Sequence[Sequence[Cell | str]]
    note: str = ""
    code: bool = False  # whether the last column is something to type
    numbers_from: int | None = None  # index of the first column of plain numbers, aligned right
    facets: Sequence[Mapping[str, str]] = ()

    def markdown(self) -> str:
        """The table alone, as a pipe table."""
        from tabulate import tabulate

        plain = [[_markdown(str(cell)) for cell in row] for row in self.rows]
        if self.code:
            plain = [[*row[:-1], f"`{row[-1]}`"] for row in plain]
        sides = ["right" if self._numeric(column) else "left" for column in self._columns]
        heads = list(map(str, self.headers))
        return tabulate(plain, heads, tablefmt="pipe", disable_numparse=True, colalign=sides)

    @property
    def _columns(self) -> range:
        return range(len(self.headers))

    def _numeric(self, column: int) -> bool:
        return self.numbers_from is not None and column >= self.numbers_from

    def html(self) -> str:
        """The table alone; every text is escaped."""
        head = "".join(map(_html_head, self.headers))
        body = "\n".join(
            f"<tr{_html_data(facets)}>{self._html_cells(row)}</tr>"
            for row, facets in zip(self.rows, self._facets(), strict=True)
        )
        return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"

    def _facets(self) -> Sequence[Mapping[str, str]]:
        """What each row is about."""
        if self.facets:
            return self.facets
        known = [
            (at, FACETS[str(head)]) for at, head in enumerate(self.headers) if str(head) in FACETS
        ]
        return [{facet: str(row[column]) for column, facet in known} for row in self.rows]

    def _html_cells(self, row: Sequence[Cell | str]) -> str:
        cells = [_html_cell(cell, self._numeric(column)) for column, cell in enumerate(row)]
        if self.code:
            cells[-1] = f"<td><code>{escape(str(row[-1]))}</code></td>"
        return "".join(cells)


def _html_head(head: Head | str) -> str:
    facets = head.facets if isinstance(head, Head) else {}
    return f'<th scope="col"{_html_data(facets)}>{escape(str(head))}</th>'


def _html_data(facets: Mapping[str, str]) -> str:
    return "".join(f' data-{name}="{escape(value)}"' for name, value in facets.items())


def _html_cell(cell: Cell | str, numeric: bool) -> str:
    text = str(cell)
    marks = [str(getattr(cell, "verdict", None) or "")]
    marks += ["number"] if numeric else []
    marks += ["text"] if len(text) > LONGEST_UNBROKEN else []
    classes = " ".join(filter(None, marks))
    return f'<td class="{classes}">{escape(text)}</td>' if classes else f"<td>{escape(text)}</td>"


def _markdown(text: str) -> str:
    """One line without a pipe, which would end the cell."""
    return " ".join(text.split()).replace("|", "\\|")
