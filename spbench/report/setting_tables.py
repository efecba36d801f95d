"""Several settings at a glance: a sentence, a table, and why a setting has no result."""

from __future__ import annotations

from collections.abc import Sequence

from spbench.measure.statistics import Verdict
from spbench.report.comparison import count_verdicts
from spbench.report.machine import Machines
from spbench.report.setting_name import setting_names
from spbench.report.study import FASTEST_DENSE, Study
from spbench.report.summary import Summary
from spbench.report.table import NOTHING, Cell, Table
from spbench.report.verdict import pays_from_words, why_nothing


def together(studies: Sequence[Study]) -> str:
    """One plain sentence over all comparisons with dense."""
    found = [each for study in studies for each in study.comparisons]
    if not found:
        return "Nothing can be said: no setting has a comparison with a dense library."
    names = {study.over for study in studies if study.comparisons}
    over = names.pop() if len(names) == 1 else FASTEST_DENSE
    settings = sum(bool(study.comparisons) for study in studies)
    return (
        f"{studies[0].subject} against {over}, {len(found)} cases in {settings}"
        f" setting{'s' * (settings > 1)}: {count_verdicts(found)}."
    )


def settings(studies: Sequence[Study], machines: Machines) -> Table:
    """Each setting that has a result: its model, its shapes, the other sparse libraries."""
    rows = [
        [name, *_cells(study)]
        for study, name in zip(studies, setting_names(studies, machines), strict=True)
        if _has_result(study)
    ]
    return Table(
        "Setting by setting",
        ["setting", "model in sum", "random shapes", "over the best other sparse library", "cases"],
        rows,
        "Speed-ups with their 99 % intervals; each setting's verdict in full, and what it rests on,"
        " stands in its own part below.",
    )


def without_result(studies: Sequence[Study], machines: Machines) -> list[str]:
    """A line for each setting that is left out of the table."""
    return [
        f"No result with {name}: {why_nothing(study)}."
        for study, name in zip(studies, setting_names(studies, machines), strict=True)
        if not _has_result(study)
    ]


def _has_result(study: Study) -> bool:
    return bool(study.comparisons or study.against_sparse)


def _cells(study: Study) -> list[Cell | str]:
    return [
        _summaries(list(study.models.values())),
        pays_from_words(study) or NOTHING,
        _summaries([study.over_sparse] if study.over_sparse else []),
        f"{len(study.comparisons)} of {len(study.cases)}: {count_verdicts(study.comparisons)}",
    ]


def _summaries(found: Sequence[Summary]) -> Cell | str:
    """Each with its verdict; coloured if they agree."""
    if not found:
        return NOTHING
    words: set[Verdict] = {each.verdict for each in found}
    text = "; ".join(f"{each.interval} {each.verdict}" for each in found)
    return Cell(text, words.pop() if len(words) == 1 else None)
