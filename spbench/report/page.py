"""A report as a list of blocks, before it is Markdown or HTML: verdict, figures, tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from spbench.measure.stability import is_standing
from spbench.report import figures, tables
from spbench.report.case import Case
from spbench.report.exclusion import bad_results, exclusions, remarks
from spbench.report.figures import Figure
from spbench.report.figures.drawing import Task, drawn
from spbench.report.fleet import Fleet, fleets
from spbench.report.ledger import ledger
from spbench.report.machine import MachineFacts, Machines
from spbench.report.recommendation import Recommendation, recommendations
from spbench.report.roofline import roofline
from spbench.report.setting_name import setting_names
from spbench.report.study import Study
from spbench.report.table import Table
from spbench.report.verdict import verdict_lines


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
    """The verdict's three lines."""

    lines: tuple[str, str, str]


@dataclass(frozen=True)
class Commands:
    """Commands to type, one a line."""

    lines: Sequence[str]


UNSTEADY = (
    "Something disturbed the measuring: what happened, how much, and what to do about it stands"
    " under 'How far to trust it'."
)


SETTINGS_DRAWN = 2
"""Settings beyond these have tables only: figures are nearly all the time that a report takes."""
NOT_DRAWN = (
    f"Figures are drawn for the first {SETTINGS_DRAWN} settings, those with the most comparisons;"
    " the tables of this one have all that figures would show."
)


@dataclass(frozen=True)
class Sketch:
    """Figures that are still to be drawn; ``suffix`` sets their files apart from others'."""

    draw: Task
    suffix: str = ""


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
    studies: Sequence[Study],
    machines: Machines,
    repeat: Sequence[str] = (),
    warnings: Sequence[Mapping[str, Any]] = (),
) -> Page:
    """The page of a run: each setting from its verdict to its tables, then what they share.

    ``repeat`` are the commands that repeat run and report, ``warnings`` what the run
    found unsteady about its machines.
    """
    cases = sorted((case for study in studies for case in study.cases), key=lambda each: each.order)
    disturbed = not all(map(is_standing, warnings))
    blocks: list[Block | Sketch] = _verdicts(studies, machines, cases, disturbed)
    for number, fleet in enumerate(fleets(studies), 1):
        blocks += _fleet(fleet, machines, "" if number == 1 else f"-{number}")
    blocks += _settings(studies, machines)
    with drawn([block.draw for block in blocks if isinstance(block, Sketch)]) as figures_of:
        blocks += _trust(cases, machines, warnings)
        blocks += _method(studies, cases, machines)
        blocks += [Heading("To repeat it"), *([Commands(repeat)] if repeat else [])]
        blocks.append(tables.commands(cases))
        finished = _finished(blocks, figures_of)
    return Page(f"spbench report: {name}", _subtitle(studies, machines), finished)


def _subtitle(studies: Sequence[Study], machines: Machines) -> str:
    first = studies[0].setting
    hosts = {study.setting.host for study in studies}
    if len(hosts) > 1:
        return f"{len(hosts)} machines; {first}"
    return f"{machines.of(first.host).headline}; {first}"


def _verdicts(
    studies: Sequence[Study], machines: Machines, cases: Sequence[Case], disturbed: bool
) -> list[Block]:
    """The first screen: one setting's verdict, or of several what they say together."""
    if len(studies) > 1:
        blocks = [Heading("Verdicts"), *_of_several(studies, machines)]
    else:
        blocks = [Heading("Verdict"), _answer(studies[0], machines)]
    bad = bad_results(cases)
    blocks += [Paragraph(bad, warning=True)] if bad else []
    return [*blocks, *([Paragraph(UNSTEADY, warning=True)] if disturbed else [])]


def _of_several(studies: Sequence[Study], machines: Machines) -> list[Block]:
    """A sentence, a table of the settings that have a result, and why others have none."""
    blocks: list[Block] = [
        Paragraph(tables.together(studies)),
        tables.settings(studies, machines),
    ]
    blocks += map(Paragraph, tables.without_result(studies, machines))
    return blocks


def _answer(study: Study, machines: Machines) -> Answer:
    return Answer(verdict_lines(study, machines.of(study.setting.host)))


def _settings(studies: Sequence[Study], machines: Machines) -> list[Block | Sketch]:
    """What stands behind the verdicts: of one setting part by part, of several in turn."""
    advice = recommendations(studies)
    several = len(studies) > 1
    names = setting_names(studies, machines)
    blocks: list[Block | Sketch] = []
    for number, (study, name) in enumerate(zip(studies, names, strict=True), 1):
        own = [each for each in advice if each.setting == study.setting]
        parts = _parts(study, studies, own, machines.of(study.setting.host))
        blocks += [Heading(name), _answer(study, machines)] if several else []
        blocks += _headline(study)
        suffix = "" if number == 1 else f"-{number}"
        if number > SETTINGS_DRAWN:
            parts = {title: _without_figures(found) for title, found in parts.items()}
            blocks.append(Paragraph(NOT_DRAWN))
        for title, found in parts.items():
            blocks += [Heading(title, 3 if several else 2), *_with_suffix(found, suffix)]
    return blocks


def _without_figures(found: Sequence[Block | Sketch]) -> list[Block | Sketch]:
    return [each for each in found if not isinstance(each, Sketch)]


def _headline(study: Study) -> list[Block]:
    warning = tables.weak_points(study)
    blocks: list[Block] = [Paragraph(warning, warning=True)] if warning else []
    if study.comparisons or study.against_sparse:
        blocks.append(tables.headline(study))
    return blocks


def _parts(
    study: Study, studies: Sequence[Study], advice: Sequence[Recommendation], machine: MachineFacts
) -> dict[str, list[Block | Sketch]]:
    """What there is to say about a study after its verdict, for the hurried reader first."""
    return {
        "From which sparsity on it pays": [
            Sketch(partial(figures.break_even.draw, study, machine)),
            tables.break_even(study),
            Sketch(partial(figures.gain.draw, study, machine)),
            tables.speedup_by_tokens(study),
        ],
        "Where it pays": [
            Sketch(partial(figures.heat_map.draw, study, machine)),
            Sketch(partial(figures.shapes.draw, study, machine)),
            tables.speedup_by_shape(study),
            Sketch(partial(figures.layers.draw, study, machine)),
            tables.speedup_by_layer(study),
        ],
        "How near the limits are": _limits(study, machine),
        "What it costs": [ledger(study, [each for each in studies if each is not study])],
        "What to do with each layer": [tables.recommendation(each) for each in advice],
        "Every library": [
            Sketch(partial(figures.libraries.draw, study, machine)),
            tables.over_libraries(study, machine, sparse=True),
            tables.over_libraries_by_shape(study, sparse=True),
            tables.over_libraries(study, machine, sparse=False),
            tables.over_libraries_by_shape(study, sparse=False),
            Sketch(partial(figures.throughput.draw, study, machine)),
            tables.speedup_over_sparse(study),
            tables.times(study, machine, from_model=True),
            tables.times(study, machine, from_model=False),
        ],
    }


def _limits(study: Study, machine: MachineFacts) -> list[Block | Sketch]:
    points = roofline(study.cases, machine)
    warning = tables.suspicion(points)
    return [
        Sketch(partial(figures.roofline.draw, study, machine, points)),
        *([Paragraph(warning, warning=True)] if warning else []),
        tables.bound_shares(points, study.subject),
        tables.subject_shares(points, study.subject),
    ]


def _fleet(fleet: Fleet, machines: Machines, suffix: str) -> list[Block | Sketch]:
    found = [
        Sketch(partial(figures.fleet.draw, fleet, machines)),
        tables.fleet_speedups(fleet, machines),
        tables.fleet_models(fleet, machines),
        tables.fleet_break_evens(fleet, machines),
    ]
    title = f"Machine by machine with {fleet.setting}"
    return [Heading(title), *_with_suffix(found, suffix)]


def _trust(
    cases: Sequence[Case], machines: Machines, warnings: Sequence[Mapping[str, Any]]
) -> list[Block]:
    found: list[Block] = [
        tables.disturbances(warnings, machines),
        tables.circumstances(warnings, machines),
        tables.remarks(remarks(cases)),
        tables.turns(cases),
        tables.sample_health(cases),
        tables.left_out(exclusions(cases)),
    ]
    if not found[-1].rows:
        found.append(Paragraph("Every backend ran on every case."))
    return [Heading("How far to trust it"), *found]


def _method(studies: Sequence[Study], cases: Sequence[Case], machines: Machines) -> list[Block]:
    rows = [row for case in cases for row in case.rows.values()]
    hosts = dict.fromkeys(study.setting.host for study in studies)
    return [
        Heading("Machine and method"),
        tables.backends(studies, machines),
        *(tables.machine_facts(machines, host) for host in hosts),
        tables.protocol(rows, studies[0].indifference),
    ]


def _with_suffix(blocks: Sequence[Block | Sketch], suffix: str) -> list[Block | Sketch]:
    return [
        replace(block, suffix=suffix) if isinstance(block, Sketch) else block for block in blocks
    ]


def _finished(blocks: Sequence[Block | Sketch], figures_of: Iterator[list[Figure]]) -> list[Block]:
    """With the figures of each sketch, without tables that have no rows and parts that are bare."""
    found: list[Block] = []
    for block in blocks:
        if isinstance(block, Sketch):
            found += [each.renamed(each.name + block.suffix) for each in next(figures_of)]
        elif not isinstance(block, Table) or block.rows:
            found.append(block)
    return _without_bare_headings(found)


def _without_bare_headings(blocks: Sequence[Block]) -> list[Block]:
    """From the end, so that a part whose parts were all bare is bare itself."""
    kept: list[Block] = []
    for block in reversed(blocks):
        after = kept[-1] if kept else None
        nothing = after is None or (isinstance(after, Heading) and isinstance(block, Heading))
        if isinstance(block, Heading) and nothing and (after is None or after.level <= block.level):
            continue
        kept.append(block)
    return kept[::-1]
