"""What a page is made of, before it is Markdown or HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from spbench.report.figures.drawing import Task
from spbench.report.figures.style import Figure
from spbench.report.table import Table


@dataclass(frozen=True)
class Heading:
    """A heading; level 2 is a part of the page, 3 a part of that; 4 is for tables."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Paragraph:
    """Running text; a warning is set off from the rest."""

    text: str
    warning: bool = False


@dataclass(frozen=True)
class Answer:
    """Lines of a verdict: what each is about, in one word, and what there is to say."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Commands:
    """Commands to type, one a line."""

    lines: Sequence[str]


@dataclass(frozen=True)
class Sketch:
    """Figures that are still to be drawn; ``suffix`` sets their files apart from others'."""

    draw: Task
    suffix: str = ""


Block = Heading | Paragraph | Answer | Commands | Figure | Table
