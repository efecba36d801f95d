"""A page as one HTML file that needs nothing else: no server, no script, no network."""

from __future__ import annotations

import base64
from html import escape

from spbench.report.figures import Figure
from spbench.report.page import Answer, Block, Commands, Heading, Page, Paragraph
from spbench.report.table import Table

_STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; color: #1a1a1a;
  background: #fff; max-width: 1020px; margin: 2rem auto; padding: 0 1.2rem; }
h1 { font-size: 1.6rem; margin-bottom: 0; }
h2 { font-size: 1.25rem; margin-top: 2.4rem; border-bottom: 1px solid #ccc; }
h3 { font-size: 1.02rem; margin: 1.8rem 0 .3rem; }
.subtitle, .note { color: #444; }
.note { font-size: .86rem; margin: .2rem 0 .6rem; max-width: 50rem; }
.answer { border-left: 5px solid #0072B2; background: #f2f7fb; padding: .7rem 1rem;
  margin: 1rem 0; display: grid; grid-template-columns: auto 1fr; gap: .45rem 1rem; }
.answer dt { font-weight: 700; }
.answer dd { margin: 0; }
.warning { border-left: 5px solid #D55E00; background: #fdf3ec; padding: .6rem 1rem; }
figure { margin: 1.4rem 0; }
figure img { width: 100%; height: auto; display: block; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .82rem; font-variant-numeric: tabular-nums; }
th, td { padding: .22rem .6rem; text-align: left; border-bottom: 1px solid #e3e3e3;
  vertical-align: top; white-space: nowrap; }
td.text, td:has(code) { white-space: normal; } td.number { text-align: right; }
th { background: #f5f5f5; border-bottom: 1px solid #aaa; }
td.faster { background: #e6f1f8; } td.slower { background: #fbe6da; }
pre, code { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .8rem; }
pre { background: #f5f5f5; padding: .7rem 1rem; white-space: pre-wrap; }
@media print {
  body { max-width: none; margin: 0; padding: 0; font-size: 10pt; }
  figure, tr, .answer { break-inside: avoid; }
  h2, h3, .note { break-after: avoid; }
  .wide { overflow: visible; } table { font-size: 7pt; } td { white-space: normal !important; }
  * { print-color-adjust: exact; }
}
"""


def to_html(page: Page) -> str:
    """The page with its figures inlined; every text is escaped."""
    body = "\n".join(_block(block) for block in page.blocks)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(page.title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f'<h1>{escape(page.title)}</h1>\n<p class="subtitle">{escape(page.subtitle)}</p>\n'
        f"{body}\n</body>\n</html>\n"
    )


def _block(block: Block) -> str:
    match block:
        case Heading():
            return f"<h{block.level}>{escape(block.text)}</h{block.level}>"
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
    return f'<h3>{escape(table.title)}</h3>\n{note}<div class="wide">{table.html()}</div>'
