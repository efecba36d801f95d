"""A page as one HTML file that needs nothing else: no server, no network.

page.css     how it looks, on a screen and in print
filters.js   choices that hide rows of the tables; everything shows without it
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from html import escape
from importlib.resources import files

from spbench.report.blocks import Answer, Block, Commands, Heading, Paragraph
from spbench.report.figures import Figure
from spbench.report.page import Page
from spbench.report.table import Table

ROWS_AT_ONCE = 30
"""Longer tables scroll in a frame of their own; in print they are whole."""


def to_html(page: Page) -> str:
    """The page with its figures, style and script inlined; every text is escaped."""
    body = "\n".join(_block(block) for block in page.blocks)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(page.title)}</title>\n"
        f"<style>\n{_beside('page.css')}</style>\n</head>\n<body>\n"
        f'<h1>{escape(page.title)}</h1>\n<p class="subtitle">{escape(page.subtitle)}</p>\n'
        f"{_contents(page.blocks)}\n{body}\n"
        f"<script>\n{_beside('filters.js')}</script>\n</body>\n</html>\n"
    )


def _beside(name: str) -> str:
    return files("spbench.report").joinpath(name).read_text(encoding="utf-8")


def _contents(blocks: Sequence[Block]) -> str:
    """Links to the parts of the page."""
    heads = [block for block in blocks if isinstance(block, Heading) and block.level == 2]
    links = (f'<a href="#{_anchor(head)}">{escape(head.text)}</a>' for head in heads)
    return f"<nav>{' '.join(links)}</nav>"


def _anchor(head: Heading) -> str:
    return re.sub(r"[^a-z0-9]+", "-", head.text.lower()).strip("-")


def _block(block: Block) -> str:
    match block:
        case Heading():
            anchor = f' id="{_anchor(block)}"' if block.level == 2 else ""
            return f"<h{block.level}{anchor}>{escape(block.text)}</h{block.level}>"
        case Paragraph():
            mark = ' class="warning"' if block.warning else ""
            return f"<p{mark}>{escape(block.text)}</p>"
        case Answer():
            return f'<dl class="answer">{"".join(map(_answer_line, block.lines))}</dl>'
        case Commands():
            return f"<pre>{escape(chr(10).join(block.lines))}</pre>"
        case Figure():
            return _figure(block)
        case Table():
            return _table(block)


def _answer_line(line: str) -> str:
    name, _, text = line.partition(" ")
    return f"<dt>{escape(name)}</dt><dd>{escape(text.strip())}</dd>"


def _figure(figure: Figure) -> str:
    """As an image of its own: ids inside one SVG cannot meet those of another."""
    data = base64.b64encode(figure.svg).decode("ascii")
    alt = escape(f"{figure.title}. {figure.caption}", quote=True)
    return f'<figure><img alt="{alt}" src="data:image/svg+xml;base64,{data}"></figure>'


def _table(table: Table) -> str:
    note = f'<p class="note">{escape(table.note)}</p>\n' if table.note else ""
    kind = "wide long" if len(table.rows) > ROWS_AT_ONCE else "wide"
    return f'<h4>{escape(table.title)}</h4>\n{note}<div class="{kind}">{table.html()}</div>'
