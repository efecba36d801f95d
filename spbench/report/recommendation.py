"""What to do with each layer of a model: which sparse blocks, or stay dense, and what it gains.

From measured rows only: each layer's blocks against the fastest dense backend of the
same case. A layer goes sparse only on a verdict 'faster', which is corrected for the
many comparisons of its setting; anything else stays dense. Among several blocks the one
with the greatest gain is taken, which flatters it a little.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from spbench.measure.resampling import percentile_interval
from spbench.measure.statistics import Interval, Verdict
from spbench.report.case import Setting, counts
from spbench.report.comparison import Comparison, steady
from spbench.report.study import Study
from spbench.report.summary import Summary, sum_of
from spbench.store.schema import Row


@dataclass(frozen=True)
class LayerAdvice:
    """One layer's best blocks against its fastest dense backend; ``tried`` holds all blocks."""

    best: Comparison
    tried: Sequence[Comparison]

    @property
    def tensor(self) -> str:
        return self.best.case.tensor

    @property
    def pattern(self) -> str:
        """Of the best blocks, whether or not they are recommended."""
        return self.best.case.setting.pattern

    @property
    def dense_backend(self) -> str:
        return self.best.baseline.backend

    @property
    def goes_sparse(self) -> bool:
        return self.best.verdict is Verdict.FASTER

    @property
    def advice(self) -> str:
        """``use 4x1``, ``stay dense``, or ``undecided: stay dense``."""
        if self.goes_sparse:
            return f"use {self.pattern}"
        return "stay dense" if self.best.verdict is Verdict.SLOWER else "undecided: stay dense"

    @property
    def gain(self) -> Interval:
        """Of following the advice: 1 exactly where the layer stays dense."""
        return self.best.interval if self.goes_sparse else Interval(1.0, 1.0, 1.0)

    @property
    def gain_with_layout(self) -> Interval:
        """The same where each library also pays for its change of layout."""
        return self.best.with_layout if self.goes_sparse else Interval(1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Recommendation:
    """A model at one number of tokens. ``setting`` is the first of those that share all but blocks.

    ``unknown`` names the tensors without a comparison that counts (no result of either
    side, or disturbed): they are in no sum. ``not_run`` counts the layers that the subject did
    not run in some blocks, by blocks and reason.
    """

    model: str
    n: int
    setting: Setting
    layers: Sequence[LayerAdvice]
    unknown: Sequence[str]
    not_run: Mapping[tuple[str, str], int] = field(default_factory=dict)

    @cached_property
    def gain(self) -> Interval:
        """Dense time over the time with every layer as advised, in sum, 99 %.

        Ratio of summed medians, bootstrapped over rounds. What stays dense gains nothing and
        weighs in with its dense time.
        """
        return self._gain(0.0)

    @cached_property
    def gain_with_layout(self) -> Interval:
        """The same with the change of layout of each library in every layer."""
        layouts = [
            [row.layout_ns or 0.0 for row in (each.best.baseline, _chosen(each))]
            for each in self.layers
        ]
        return self._gain(np.sum(layouts, axis=0))

    def _gain(self, more_ns: np.ndarray | float) -> Interval:
        """``more_ns`` is added to both sums."""
        times = [(each.best.baseline.time_ns, _chosen(each).time_ns) for each in self.layers]
        dense, chosen = np.sum(times, axis=0) + more_ns
        drawn = np.sum([_resampled(each) for each in self.layers], axis=0, dtype=float) + more_ns
        return percentile_interval(float(dense / chosen), drawn[:, 0] / drawn[:, 1])

    @cached_property
    def everywhere(self) -> Summary:
        """The sum with every layer sparse in its best blocks, whatever the advice."""
        return sum_of([each.best for each in self.layers])

    @property
    def advised(self) -> Counter[str]:
        """How many layers have each advice."""
        return Counter(each.advice for each in self.layers)

    def share(self, layer: LayerAdvice) -> float:
        """The layer's part of the model's dense time, 0 to 1."""
        return layer.best.baseline.time_ns / sum(each.best.baseline.time_ns for each in self.layers)


def recommendations(studies: Iterable[Study]) -> list[Recommendation]:
    """One for each model and number of tokens in each setting, blocks taken together."""
    groups: dict[tuple, list[Study]] = {}
    for study in studies:
        if any(case.from_model for case in study.cases):
            groups.setdefault(_but_blocks(study.setting), []).append(study)
    return [each for group in groups.values() for each in _recommend(group)]


def _but_blocks(setting: Setting) -> Setting:
    return replace(setting, pattern="")


def _recommend(group: Sequence[Study]) -> list[Recommendation]:
    """``group`` are studies that differ in their blocks alone."""
    tensors: dict[tuple[str, int], dict[str, list[Comparison]]] = {}
    for study in group:
        for case in study.cases:
            if case.from_model:
                tensors.setdefault((case.model, case.n), {}).setdefault(case.tensor, [])
        for each in steady(study.against_dense):
            if each.case.from_model:
                tensors[each.case.model, each.case.n][each.case.tensor].append(each)
    return [
        Recommendation(
            model,
            n,
            group[0].setting,
            [_advise(tried) for tried in found.values() if tried],
            [tensor for tensor, tried in found.items() if not tried],
            _not_run(group, model, n),
        )
        for (model, n), found in sorted(tensors.items())
        if any(found.values())
    ]


def _not_run(group: Sequence[Study], model: str, n: int) -> Counter[tuple[str, str]]:
    rows = [
        case.rows.get(study.subject)
        for study in group
        for case in study.cases
        if case.from_model and (case.model, case.n) == (model, n)
    ]
    return Counter(
        (row.pattern, row.reason or str(row.status)) for row in rows if row and not counts(row)
    )


def _advise(tried: Sequence[Comparison]) -> LayerAdvice:
    """The greatest gain of those that may be recommended; if there are none, of all."""
    best = max(tried, key=lambda each: (each.verdict is Verdict.FASTER, each.interval.value))
    return LayerAdvice(best, tried)


def _chosen(layer: LayerAdvice) -> Row:
    return layer.best.row if layer.goes_sparse else layer.best.baseline


def _resampled(layer: LayerAdvice) -> np.ndarray:
    """Times of drawn rounds, [resamples, 2]: dense, as advised."""
    dense, own = layer.best.resampled_times.T
    return np.stack([dense, own if layer.goes_sparse else dense], axis=1)
