"""Accuracy against latency: models pruned in several ways, joined from quality and model rows.

A point is one pruned model: its quality from a quality row, its latency from the spbench row of
the same model, block shape and sparsity. On the front is what no other point beats in both
(Pareto). The best blocks for a loss are those of the fastest point that loses no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from spbench.measure.statistics import Interval
from spbench.report.case import percent
from spbench.report.models.case import DENSE, DENSE_TWIN, SUBJECT, ModelCase, counts
from spbench.report.models.comparison import is_disturbed
from spbench.report.models.study import ModelStudy
from spbench.store.model_row import ModelRow
from spbench.store.quality_row import Estimate, QualityRow

ACCURACY_LOSSES = (0.005, 0.01, 0.02, 0.03, 0.05, 0.1)
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
    def block(self) -> str:
        return self.quality.pattern

    @property
    def sparsity(self) -> float:
        return self.quality.sparsity

    @property
    def is_dense(self) -> bool:
        return self.block == DENSE

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
        return DENSE if self.is_dense else f"{self.block} at {percent(self.sparsity)}"


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
    timed = _latencies(cases)
    wanted = [row for row in qualities if row.model == cases[0].model]
    by_engine = {_pruned(row): row for row in wanted if row.runtime == SUBJECT}
    for row in wanted:
        where = row.pattern, (0.0 if row.pattern == DENSE else round(row.sparsity, 4))
        if where not in timed:
            continue
        if row.runtime == SUBJECT or _pruned(row) not in by_engine:  # int8 as it is timed, or torch
            yield Point(row, timed[where])


def _pruned(row: QualityRow) -> tuple:
    return row.source, row.pattern, row.sparsity


def _latencies(cases: Sequence[ModelCase]) -> dict[tuple[str, float], ModelRow]:
    """spbench's rows by pattern and sparsity; for dense also that of its dense twin."""
    found: dict[tuple[str, float], ModelRow] = {}
    for name in (DENSE_TWIN, SUBJECT):  # where both timed the unpruned model, spbench's own counts
        for case in cases:
            row = case.counted(name)
            if row is not None and not is_disturbed(row) and counts(row):
                dense = name == DENSE_TWIN or row.pattern == DENSE
                found[(DENSE, 0.0) if dense else (row.pattern, round(row.sparsity, 4))] = row
    return found
