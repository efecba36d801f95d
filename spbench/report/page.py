"""A report as a list of blocks, before it is Markdown or HTML: verdict, figures, tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from spbench.measure.stability import is_standing
from spbench.report import figures, tables
from spbench.report.blocks import Answer, Block, Commands, Heading, Paragraph, Sketch
from spbench.report.case import Case
from spbench.report.exclusion import bad_results, exclusions, remarks
from spbench.report.figures import Figure
from spbench.report.figures.drawing import drawn
from spbench.report.fleet import Fleet, fleets
from spbench.report.ledger import ledger
from spbench.report.machine import MachineFacts, Machines
from spbench.report.models.parts import Models
from spbench.report.recommendation import Recommendation, recommendations
from spbench.report.roofline import roofline
from spbench.report.setting_name import setting_names
from spbench.report.study import Study
from spbench.report.table import Table
from spbench.report.verdict import verdict_lines

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
class Page:
    """Everything a report says, in the order in which it is read.

    ``answer`` are the lines of its verdicts: of products those of the setting with the most cases,
    then those of whole models.
    """

    title: str
    subtitle: str
    answer: tuple[str, ...]
    blocks: Sequence[Block]

    @property
    def figures(self) -> list[Figure]:
        return [block for block in self.blocks if isinstance(block, Figure)]


def compose(
    name: str,
    studies: Sequence[Study],
    machines: Machines,
    repeat: Sequence[str] = (),
    warnings: Sequence[Mapping[str, Any]] = (),
    models: Models | None = None,
) -> Page:
    """The page of a run: each setting from its verdict to its tables, then what they share.

    ``repeat`` are the commands that repeat run and report, ``warnings`` what the run
    found unsteady about its machines. Whole models come before the settings of products; there
    is one or the other, or both.
    """
    models = models or Models.none()
    cases = sorted((case for study in studies for case in study.cases), key=lambda each: each.order)
    disturbed = not all(map(is_standing, warnings))
    blocks: list[Block | Sketch] = _verdicts(studies, models, machines, cases, disturbed)
    blocks += [*models.parts(machines), Heading("Products")] if models.subject else []
    for number, fleet in enumerate(fleets(studies), 1):
        blocks += _fleet(fleet, machines, "" if number == 1 else f"-{number}")
    blocks += _settings(studies, machines)
    with drawn([block.draw for block in blocks if isinstance(block, Sketch)]) as figures_of:
        blocks += _trust(cases, models, machines, warnings)
        blocks += _method(studies, models, cases, machines)
        blocks += [Heading("To repeat it"), *([Commands(repeat)] if repeat else [])]
        blocks += [*models.commands(), tables.commands(cases)]
        finished = _finished(blocks, figures_of)
    answer = _answer(studies[0], machines).lines if studies else ()
    title, subtitle = f"spbench report: {name}", _subtitle(studies, models, machines)
    return Page(title, subtitle, (*answer, *models.lines), finished)


def _subtitle(studies: Sequence[Study], models: Models, machines: Machines) -> str:
    hosts = list(dict.fromkeys([*(study.setting.host for study in studies), *models.hosts]))
    about = [str(studies[0].setting)] if studies else []
    about += [models.subject] if models.subject else []
    if len(hosts) > 1:
        return "; ".join([f"{len(hosts)} machines", *about])
    return "; ".join([*(machines.of(host).headline for host in hosts), *about])


def _verdicts(
    studies: Sequence[Study],
    models: Models,
    machines: Machines,
    cases: Sequence[Case],
    disturbed: bool,
) -> list[Block]:
    """The first screen: one setting's verdict, or of several what they say together."""
    if len(studies) > 1:
        blocks = [Heading("Verdicts"), *_of_several(studies, machines)]
    else:
        blocks = [Heading("Verdict"), *(_answer(study, machines) for study in studies)]
    blocks += [Answer(models.lines)] if models.lines else []
    blocks += [Paragraph(bad, warning=True) for bad in (bad_results(cases), models.warning) if bad]
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
    cases: Sequence[Case],
    models: Models,
    machines: Machines,
    warnings: Sequence[Mapping[str, Any]],
) -> list[Block]:
    left_out = tables.left_out(exclusions(cases))
    return [
        Heading("How far to trust it"),
        tables.disturbances(warnings, machines),
        tables.circumstances(warnings, machines),
        tables.remarks(remarks(cases)),
        tables.turns(cases),
        tables.sample_health(cases),
        left_out,
        *([Paragraph("Every backend ran on every case.")] if cases and not left_out.rows else []),
        *models.trust(),
    ]


def _method(
    studies: Sequence[Study], models: Models, cases: Sequence[Case], machines: Machines
) -> list[Block]:
    rows = [row for case in cases for row in case.rows.values()]
    hosts = dict.fromkeys([*(study.setting.host for study in studies), *models.hosts])
    return [
        Heading("Machine and method"),
        tables.backends(studies, machines),
        *models.runtimes(),
        *(tables.machine_facts(machines, host) for host in hosts),
        *([tables.protocol(rows, studies[0].indifference)] if studies else []),
        *models.method(),
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
