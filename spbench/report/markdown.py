"""A page as Markdown, with its figures as files in ``figures/``."""

from __future__ import annotations

from spbench.report.blocks import Answer, Block, Commands, Heading, Paragraph
from spbench.report.figures import Figure
from spbench.report.page import Page
from spbench.report.table import Table


def to_markdown(page: Page) -> str:
    """The page; the same rows give the same text."""
    blocks = [f"# {page.title}", page.subtitle, *map(_block, page.blocks)]
    return "\n\n".join(blocks) + "\n"


def _block(block: Block) -> str:
    match block:
        case Heading():
            return f"{'#' * block.level} {block.text}"
        case Paragraph():
            return f"**Warning:** {block.text}" if block.warning else block.text
        case Answer() | Commands():
            return "\n".join(["```", *block.lines, "```"])
        case Figure():
            return f"![{block.title}](figures/{block.name}.png)\n\n{block.caption}"
        case Table():
            parts = [f"#### {block.title}", block.note, block.markdown()]
            return "\n\n".join(part for part in parts if part)
