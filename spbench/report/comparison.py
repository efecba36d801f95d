"""Paired comparisons: how many times faster one backend is than another, case by case."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from spbench.measure.resampling import resampled_medians
from spbench.measure.statistics import (
    INDIFFERENCE,
    Interval,
    Verdict,
    paired_ratios,
    speedup,
    verdicts,
)
from spbench.report.case import Case
from spbench.store.schema import Row

MINIMUM_ROUNDS = 8
"""Below it a verdict is undecided: not even the whole range bounds the median at 99 %."""
DISTURBED_SHARE = 0.1
"""A row is disturbed if other processes had the core for more than this share of its time."""


@dataclass(frozen=True)
class Comparison:
    """One case, one backend against its baseline.

    ``interval`` is of the ratio baseline time / backend time: above 1 the
    backend is faster; it is the case's own 99 % interval, not corrected.
    ``with_layout`` is the same with each library's change of the activations'
    layout added to each of its calls. ``verdict``, and that of the ratio with the change of
    layout, are corrected for the family of comparisons that they were made with
    (:func:`compare_all`).
    """

    case: Case
    row: Row
    baseline: Row
    interval: Interval
    with_layout: Interval
    rounds: int
    verdict: Verdict
    verdict_with_layout: Verdict
    indifference: float = INDIFFERENCE

    @property
    def word(self) -> str:
        """The verdict, or ``disturbed``: why it is undecided."""
        return "disturbed" if self.disturbed else str(self.verdict)

    @property
    def word_with_layout(self) -> str:
        return "disturbed" if self.disturbed else str(self.verdict_with_layout)

    @property
    def bound(self) -> float:
        """1 / (1 - sparsity): the gain if every skipped product were time saved."""
        return sparse_bound(self.case.sparsity_real)

    @cached_property
    def resampled_ratios(self) -> np.ndarray:
        """Median ratios of drawn rounds, [resamples, 2]: run alone, with the change of layout.

        Each is drawn for itself, which is cheaper: nobody relates the two.
        """
        alone = paired_ratios(self.baseline.samples_ns, self.row.samples_ns)
        with_layout = paired_ratios(_with_layout(self.baseline), _with_layout(self.row))
        return np.stack([self._resampled(ratios) for ratios in (alone, with_layout)], axis=1)

    @cached_property
    def resampled_times(self) -> np.ndarray:
        """Median times of drawn rounds, nanoseconds, [resamples, 2]: baseline, own."""
        both = (self.baseline.samples_ns, self.row.samples_ns)
        return self._resampled(np.stack([times[: self.rounds] for times in both], axis=1))

    def _resampled(self, samples: np.ndarray) -> np.ndarray:
        """Kept as float32: there are thousands of comparisons, and a clock is no better."""
        row, baseline = self.row, self.baseline
        name = f"{row.host} {row.case_id} {row.backend} {baseline.backend}"
        return resampled_medians(samples, zlib.crc32(name.encode())).astype(np.float32)

    @property
    def disturbed(self) -> bool:
        """Whether other processes had the core for much of either's time.

        Such a comparison is undecided, and enters no mean and no sum: contention
        stretches long turns and lets short ones slip through, so the ratio itself is off.
        """
        return _is_disturbed(self.row) or _is_disturbed(self.baseline)


def compare_all(
    pairs: Iterable[tuple[Case, Row, Row]], indifference: float = INDIFFERENCE
) -> list[Comparison]:
    """Compare (case, row, baseline row), all of which count, as one family.

    Faster or slower is what differs by more than ``indifference``, a share.

    The verdicts are corrected for the family's size (Benjamini and Hochberg, see
    :func:`spbench.measure.statistics.verdicts`): of all that are not undecided, at most 1 %
    are expected to be false. What rests on too few rounds or is disturbed is
    undecided from the start, and no member of the family.
    """
    pairs = list(pairs)
    decidable = [index for index, (_, *rows) in enumerate(pairs) if _is_decidable(rows)]
    families = [
        verdicts(
            [paired_ratios(times(pairs[i][2]), times(pairs[i][1])) for i in decidable],
            indifference=indifference,
        )
        for times in (_alone, _with_layout)
    ]
    called = dict(zip(decidable, zip(*families, strict=True), strict=True))
    return [
        _comparison(*pair, *called.get(index, (Verdict.UNDECIDED, Verdict.UNDECIDED)), indifference)
        for index, pair in enumerate(pairs)
    ]


def _comparison(
    case: Case,
    row: Row,
    baseline: Row,
    verdict: Verdict,
    with_layout: Verdict,
    indifference: float,
) -> Comparison:
    return Comparison(
        case,
        row,
        baseline,
        speedup(baseline.samples_ns, row.samples_ns),
        speedup(_with_layout(baseline), _with_layout(row)),
        _rounds(row, baseline),
        verdict,
        with_layout,
        indifference,
    )


def sparse_bound(sparsity: float) -> float:
    """1 / (1 - sparsity); infinite where nothing is stored."""
    return 1 / (1 - sparsity) if sparsity < 1 else float("inf")


def steady(comparisons: Iterable[Comparison]) -> list[Comparison]:
    """Those that are not disturbed: what may enter a mean or a sum."""
    return [each for each in comparisons if not each.disturbed]


def count_verdicts(comparisons: Iterable[Comparison]) -> str:
    """Such as ``70 faster, 1 slower, 1 undecided``: always all three, so that none is hidden.

    Disturbed ones are counted apart, and named only if there are any.
    """
    comparisons = list(comparisons)
    counted = steady(comparisons)
    found = Counter(comparison.verdict for comparison in counted)
    disturbed = len(comparisons) - len(counted)
    kinds = [f"{found[kind]} {kind}" for kind in Verdict]
    return ", ".join(kinds + ([f"{disturbed} disturbed"] if disturbed else []))


def fewest_rounds(comparisons: Sequence[Comparison]) -> int:
    """Rounds behind the weakest of the comparisons."""
    return min(comparison.rounds for comparison in comparisons)


def _is_decidable(rows: Sequence[Row]) -> bool:
    return _rounds(*rows) >= MINIMUM_ROUNDS and not any(map(_is_disturbed, rows))


def _is_disturbed(row: Row) -> bool:
    return (row.lost_share or 0.0) > DISTURBED_SHARE


def _rounds(row: Row, baseline: Row) -> int:
    return min(len(row.samples_ns), len(baseline.samples_ns))


def _alone(row: Row) -> list[float]:
    return row.samples_ns


def _with_layout(row: Row) -> list[float]:
    return [sample + (row.layout_ns or 0.0) for sample in row.samples_ns]
