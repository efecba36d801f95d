"""How many times faster spbench answers than another runtime, round by round."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from spbench.measure.statistics import (
    INDIFFERENCE,
    Interval,
    Verdict,
    paired_ratios,
    speedup,
    verdicts,
)
from spbench.report.comparison import DISTURBED_SHARE, MINIMUM_ROUNDS
from spbench.report.models.case import ModelCase
from spbench.store.model_row import ModelRow


@dataclass(frozen=True)
class ModelComparison:
    """One case, spbench's ``row`` against a ``rival``'s.

    ``interval`` is of the rival's time over spbench's, with 99 % confidence: above 1 spbench is
    faster. ``verdict`` is corrected for all the comparisons of a report.
    """

    case: ModelCase
    row: ModelRow
    rival: ModelRow
    interval: Interval
    verdict: Verdict

    @property
    def disturbed(self) -> bool:
        """Whether other processes had the core for much of either's time; then undecided."""
        return is_disturbed(self.row) or is_disturbed(self.rival)

    @property
    def word(self) -> str:
        """The verdict, or ``disturbed``: why it is undecided."""
        return "disturbed" if self.disturbed else str(self.verdict)


def compare_all(
    pairs: Iterable[tuple[ModelCase, ModelRow, ModelRow]], indifference: float = INDIFFERENCE
) -> list[ModelComparison]:
    """Compare (case, spbench's row, a rival's row), all of which count, as one family.

    Pairs without samples cannot be compared round by round, and are left out.
    """
    pairs = [each for each in pairs if all(row.samples_ns for row in each[1:])]
    ratios = [paired_ratios(rival.samples_ns, row.samples_ns) for _, row, rival in pairs]
    decidable = [
        index
        for index, (_, *rows) in enumerate(pairs)
        if len(ratios[index]) >= MINIMUM_ROUNDS and not any(map(is_disturbed, rows))
    ]
    found = verdicts([ratios[index] for index in decidable], indifference=indifference)
    called = dict(zip(decidable, found, strict=True))
    return [
        ModelComparison(
            case,
            row,
            rival,
            speedup(rival.samples_ns, row.samples_ns),
            called.get(index, Verdict.UNDECIDED),
        )
        for index, (case, row, rival) in enumerate(pairs)
    ]


def is_disturbed(row: ModelRow) -> bool:
    return (row.lost_share or 0.0) > DISTURBED_SHARE
