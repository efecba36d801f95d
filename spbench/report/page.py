"""A report as a list of blocks, before it is Markdown or HTML: verdict, figures, tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from spbench.report import tables
from spbench.report.case import Case
from spbench.report.exclusion import exclusions, remarks
from spbench.report.figures import Figure, draw_figures
from spbench.report.machine import MachineFacts
from spbench.report.study import Study
from spbench.report.table import Table
from spbench.report.verdict import verdict_lines


@dataclass(frozen=True)
class Heading:
    """A heading; level 2 is a part of the page, 3 a part of that."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Paragraph:
    """Running text; a warning is set off from the rest."""

    text: str
    warning: bool = False


@dataclass(frozen=True)
class Answer:
    """The verdict's three lines."""

    lines: tuple[str, str, str]


@dataclass(frozen=True)
class Commands:
    """Commands to type, one a line."""

    lines: Sequence[str]


Block = Heading | Paragraph | Answer | Commands | Figure | Table


@dataclass(frozen=True)
class Page:
    """Everything a report says, in the order in which it is read."""

    title: str
    subtitle: str
    blocks: Sequence[Block]

    @property
    def figures(self) -> list[Figure]:
        return [block for block in self.blocks if isinstance(block, Figure)]

    @property
    def answer(self) -> tuple[str, str, str]:
        """The lines of the first verdict: that of the setting with the most cases."""
        return next(block.lines for block in self.blocks if isinstance(block, Answer))


def compose(
    name: str,
    cases: Sequence[Case],
    studies: Sequence[Study],
    machine: MachineFacts,
    repeat: Sequence[str] = (),
) -> Page:
    """The page of a run: each setting with its verdict, figures and tables, then the shared facts.

    ``repeat`` are the commands that repeat run and report.
    """
    blocks: list[Block] = []
    for number, study in enumerate(studies, 1):
        where = f" with {study.setting}" if len(studies) > 1 else ""
        blocks += _study_blocks(study, machine, where, "" if number == 1 else f"-{number}")
    rows = [row for case in cases for row in case.rows.values()]
    blocks += [Heading("Everything else"), tables.backends(studies, machine)]
    left_out = tables.left_out(exclusions(cases))
    blocks.append(left_out if left_out.rows else Paragraph("Every backend ran on every case."))
    remarked = tables.remarks(remarks(cases))
    blocks += [remarked] if remarked.rows else []
    blocks += [tables.machine_facts(machine), tables.protocol(rows)]
    blocks += [Heading("To repeat it"), *([Commands(repeat)] if repeat else [])]
    blocks.append(tables.commands(cases))
    subtitle = f"{machine.headline}; {studies[0].setting}"
    return Page(f"spbench report: {name}", subtitle, blocks)


def _study_blocks(study: Study, machine: MachineFacts, where: str, suffix: str) -> list[Block]:
    warning = tables.weak_points(study)
    blocks: list[Block] = [Heading(f"Verdict{where}"), Answer(verdict_lines(study))]
    blocks += [Paragraph(warning, warning=True)] if warning else []
    if study.comparisons or study.against_sparse:
        blocks.append(tables.headline(study))
    blocks += [Heading(f"Figures{where}"), *draw_figures(study, machine, suffix)]
    return [*blocks, Heading(f"Tables{where}"), *_study_tables(study)]


def _study_tables(study: Study) -> list[Table]:
    """The tables that the study has rows for."""
    wanted = [
        tables.speedup_by_tokens(study),
        tables.speedup_by_shape(study),
        tables.speedup_by_layer(study),
        tables.speedup_over_sparse(study),
        tables.times(study, from_model=True),
        tables.times(study, from_model=False),
    ]
    return [table for table in wanted if table.rows]
