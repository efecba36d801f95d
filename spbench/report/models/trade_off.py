"""Accuracy against latency: models pruned in several ways, joined from quality and model rows.

A point is one pruned model: its quality from a quality row, its latency from the spbench row of
the same model, block shape and sparsity. On the front is what no other point beats in both
(Pareto). The best blocks for a loss are those of the fastest point that loses no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from os.path import normpath
from pathlib import Path

from spbench.measure.statistics import Interval
from spbench.report.case import percent
from spbench.report.models.case import DENSE, DENSE_TWIN, SUBJECT, ModelCase
from spbench.report.models.comparison import is_disturbed
from spbench.report.models.study import ModelStudy
from spbench.store.model_row import ModelRow
from spbench.store.quality_row import Estimate, QualityRow

ACCURACY_LOSSES = (0.005, 0.01, 0.02, 0.03, 0.05, 0.1)
ELSEWHERE = "elsewhere"
_PRUNED_FROM = 0.05  # zeros of a model that somebody pruned
_SAME = 0.02  # share of zeros by which two counts of one model may differ
_ROUNDING = 1e-9  # of a difference that is just what is allowed
COSINE_LOSSES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3)


@dataclass(frozen=True, order=True)
class Measure:
    """A number that says what a model is worth; more is better."""

    name: str  # a task or a kind of fidelity
    is_accuracy: bool

    def __str__(self) -> str:
        return f"{self.name} accuracy" if self.is_accuracy else self.name.replace("_", " ")

    @property
    def losses(self) -> Sequence[float]:
        """Losses that one may allow, ascending."""
        return ACCURACY_LOSSES if self.is_accuracy else COSINE_LOSSES

    def told(self, loss: float) -> str:
        """A loss as people say it: points of accuracy, or of a cosine."""
        if not self.is_accuracy:
            return f"{loss:.3g}"
        points = f"{100 * loss:.3g}"
        return f"{points} point" if points == "1" else f"{points} points"


@dataclass(frozen=True)
class Point:
    """One model: what it is worth and how long it takes."""

    quality: QualityRow
    latency: ModelRow

    @property
    def is_dense(self) -> bool:
        return self.quality.pattern == DENSE and self.quality.sparsity_real < _PRUNED_FROM

    @property
    def block(self) -> str:
        """Of a model that others pruned: ``elsewhere``, as nothing says in which blocks."""
        pattern = self.quality.pattern
        return ELSEWHERE if pattern == DENSE and not self.is_dense else pattern

    @property
    def sparsity(self) -> float:
        """As asked for; of a model that others pruned, its zeros."""
        return self.quality.sparsity_real if self.block == ELSEWHERE else self.quality.sparsity

    @property
    def time(self) -> Interval:
        """Median latency in nanoseconds, 99 %."""
        row = self.latency
        low, high = row.time_ns_low or row.time_ns, row.time_ns_high or row.time_ns
        return Interval(low, row.time_ns, high)

    @property
    def way(self) -> str:
        """How it was pruned and trained, in a few words; empty for a dense model."""
        return ", ".join(filter(None, (self.quality.method, self.quality.recovery)))

    def value(self, measure: Measure) -> Estimate | None:
        """With a 95 % interval; None if it was not measured."""
        found = self.quality.accuracy if measure.is_accuracy else self.quality.fidelity
        return found.get(measure.name)

    def __str__(self) -> str:
        if self.is_dense:
            return DENSE
        pruned = f"pruned {ELSEWHERE}" if self.block == ELSEWHERE else self.block
        return f"{pruned} at {percent(self.sparsity)}"


@dataclass(frozen=True)
class Choice:
    """The fastest point within an allowed loss, and the fastest one of other blocks."""

    allowed: float
    best: Point
    loss: Estimate
    next_best: Point | None


@dataclass(frozen=True, eq=False)
class TradeOff:
    """Points of one model, answered in one size on one machine with so many threads."""

    model: str
    size: str
    threads: int
    host: str
    points: Sequence[Point]

    @cached_property
    def measures(self) -> list[Measure]:
        """What at least two points were measured in: accuracies first, the main one first."""
        found: dict[Measure, int] = {}
        for point in self.points:
            for is_accuracy, values in enumerate((point.quality.fidelity, point.quality.accuracy)):
                for name in values:
                    measure = Measure(name, bool(is_accuracy))
                    found[measure] = found.get(measure, 0) + 1
        several = [measure for measure, count in found.items() if count > 1]
        return sorted(
            several, key=lambda each: (not each.is_accuracy, _FIDELITY.get(each.name, 9), each.name)
        )

    @property
    def dense(self) -> Point | None:
        return next((point for point in self.points if point.is_dense), None)

    @property
    def blocks(self) -> list[str]:
        """Block shapes of the pruned points, the smallest first."""
        return sorted({each.block for each in self.points if not each.is_dense}, key=block_order)

    def front(self, measure: Measure) -> list[Point]:
        """Points that none beats in both latency and ``measure``, the fastest first."""
        known = [each for each in self.points if each.value(measure)]
        known.sort(key=lambda each: (each.time.value, -each.value(measure).value))
        best, kept = float("-inf"), []
        for point in known:
            if point.value(measure).value > best:
                best = point.value(measure).value
                kept.append(point)
        return kept

    def loss(self, point: Point, measure: Measure) -> Estimate | None:
        """What a point loses against the dense model: paired where the row has it.

        Of a fidelity it is what is missing to 1.
        """
        value = point.value(measure)
        if value is None:
            return None
        if measure.is_accuracy and measure.name in point.quality.accuracy_loss:
            return point.quality.accuracy_loss[measure.name]
        reference = 1.0
        if measure.is_accuracy:
            if self.dense is None or self.dense.value(measure) is None:
                return None
            reference = self.dense.value(measure).value
        return Estimate(
            value=reference - value.value, low=reference - value.high, high=reference - value.low
        )

    def choices(self, measure: Measure) -> list[Choice]:
        """For each loss that one may allow, where the answer is another than for a smaller one."""
        found: list[Choice] = []
        for allowed in measure.losses:
            choice = self._choice(measure, allowed)
            if choice is not None and (not found or found[-1].best is not choice.best):
                found.append(choice)
        return found

    def _choice(self, measure: Measure, allowed: float) -> Choice | None:
        within = [
            point
            for point in self.points
            if not point.is_dense
            and (loss := self.loss(point, measure)) is not None
            and loss.value <= allowed + _ROUNDING
        ]
        if not within:
            return None
        within.sort(key=lambda each: each.time.value)
        best, *others = within
        rival = next((each for each in others if each.block != best.block), None)
        return Choice(allowed, best, self.loss(best, measure), rival)


_FIDELITY = {"sentence_cosine": 0, "similarity_rank_correlation": 1, "hidden_cosine": 2}


def trade_offs(study: ModelStudy, qualities: Sequence[QualityRow]) -> list[TradeOff]:
    """One for each model, size, number of threads and machine with at least two points."""
    groups: dict[tuple, list[ModelCase]] = {}
    for case in study.cases:
        row = case.any_row
        if row.instances == 1:
            groups.setdefault((case.model, case.size, row.threads, row.host), []).append(case)
    found = (TradeOff(*key, list(_points(cases, qualities))) for key, cases in groups.items())
    return [each for each in found if len(each.points) > 1]


def block_order(block: str) -> tuple:
    """Sorts block shapes by size, those of one size by height."""
    rows, _, cols = block.partition("x")
    if not (rows.isdigit() and cols.isdigit()):
        return (0, 0, block)
    return (int(rows) * int(cols), int(rows), block)


def _points(cases: Sequence[ModelCase], qualities: Iterable[QualityRow]) -> Iterator[Point]:
    timed = list(_timed(cases))
    found = [Point(row, time) for row in qualities if (time := _latency(row, timed)) is not None]
    by_engine = {_pruned(each.quality) for each in found if each.quality.runtime == SUBJECT}
    for point in found:  # in int8 as it is timed, or else as torch ran it
        if point.quality.runtime == SUBJECT or _pruned(point.quality) not in by_engine:
            yield point


def _pruned(row: QualityRow) -> tuple:
    return row.source, row.pattern, row.sparsity


def _timed(cases: Sequence[ModelCase]) -> Iterator[tuple[bool, ModelRow]]:
    """Rows that give a latency, with whether it is that of the model unpruned; the best first."""
    for name in (SUBJECT, DENSE_TWIN):  # where both timed the unpruned model, spbench's own counts
        for case in cases:
            row = case.counted(name)
            if row is not None and not is_disturbed(row):
                yield name == DENSE_TWIN or row.pattern == DENSE, row


def _latency(quality: QualityRow, timed: Sequence[tuple[bool, ModelRow]]) -> ModelRow | None:
    """The row of the same model, blocks and sparsity; one of the same folder before others."""
    dense = quality.pattern == DENSE
    fitting = [
        row
        for unpruned, row in timed
        if unpruned == dense
        and _same_model(quality, row)
        and (_same_zeros(quality, row) if dense else _same_blocks(quality, row))
    ]
    return min(fitting, key=lambda row: row.source != quality.source, default=None)


def _same_model(quality: QualityRow, row: ModelRow) -> bool:
    """By name, which for a pruned folder may be its own or that of the model before."""
    names = {quality.model, Path(quality.reference).name}
    return row.model in names or normpath(row.source) == normpath(quality.source)


def _same_blocks(quality: QualityRow, row: ModelRow) -> bool:
    return row.pattern == quality.pattern and abs(row.sparsity - quality.sparsity) < _ROUNDING


def _same_zeros(quality: QualityRow, row: ModelRow) -> bool:
    """Of models that spbench did not prune: dense ones, and those that others pruned."""
    zeros = row.sparsity_real if row.runtime == SUBJECT else 0.0
    return abs(zeros - quality.sparsity_real) < _SAME
