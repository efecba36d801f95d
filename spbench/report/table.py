"""A table of text, as Markdown and as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from spbench.measure.statistics import Verdict

NOTHING = "-"
"""What a cell without a value shows."""
LONGEST_UNBROKEN = 44
"""Characters up to which a cell stays on one line of the page."""


@dataclass(frozen=True)
class Cell:
    """Text with the verdict that it reports, so that a page can colour it."""

    text: str
    verdict: Verdict | None = None

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Table:
    """Headers, rows of cells, and a note that says how to read them."""

    title: str
    headers: Sequence[str]
    rows: Sequence[Sequence[Cell | str]]
    note: str = ""
    code: bool = False  # whether the last column is something to type
    numbers_from: int | None = None  # index of the first column of plain numbers, aligned right

    def markdown(self) -> str:
        """The table alone, as a pipe table."""
        from tabulate import tabulate

        plain = [[_markdown(str(cell)) for cell in row] for row in self.rows]
        if self.code:
            plain = [[*row[:-1], f"`{row[-1]}`"] for row in plain]
        sides = ["right" if self._numeric(column) else "left" for column in self._columns]
        return tabulate(plain, self.headers, tablefmt="pipe", disable_numparse=True, colalign=sides)

    @property
    def _columns(self) -> range:
        return range(len(self.headers))

    def _numeric(self, column: int) -> bool:
        return self.numbers_from is not None and column >= self.numbers_from

    def html(self) -> str:
        """The table alone; every text is escaped."""
        head = "".join(f'<th scope="col">{escape(header)}</th>' for header in self.headers)
        body = "\n".join(f"<tr>{self._html_row(row)}</tr>" for row in self.rows)
        return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"

    def _html_row(self, row: Sequence[Cell | str]) -> str:
        cells = [_html_cell(cell, self._numeric(column)) for column, cell in enumerate(row)]
        if self.code:
            cells[-1] = f"<td><code>{escape(str(row[-1]))}</code></td>"
        return "".join(cells)


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
