"""What a sweep found about its subject, shape by shape: the lines that it ends with."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from spbench.measure.statistics import INDIFFERENCE
from spbench.report.case import Case, Setting
from spbench.report.comparison import Comparison, steady
from spbench.report.study import SUBJECT, Study, studies
from spbench.report.summary import Summary, mean_of


@dataclass(frozen=True)
class Finding:
    """One shape at one sparsity; layers of a model that share both count as one."""

    setting: Setting
    cases: Sequence[Case]
    subject: str
    comparisons: Sequence[Comparison]  # with the fastest dense backend of each case

    @property
    def shape(self) -> str:
        """MxKxN, and how many layers have it."""
        first = self.cases[0]
        m, k = first.shape
        layers = len(self.cases)
        how_many = f" ({layers} layer{'s' * (layers > 1)})" if first.from_model else ""
        return f"{m}x{k}x{first.n}{how_many}"

    @property
    def sparsity(self) -> float:
        """Of what is really stored, 0 to 1; mean over the layers."""
        return statistics.mean(case.sparsity_real for case in self.cases)

    @property
    def time_ns(self) -> float:
        """Median over the layers."""
        return statistics.median(case.counted(self.subject).time_ns for case in self.cases)

    @cached_property
    def speedup(self) -> Summary | None:
        """Geometric mean over the layers; None without a comparison that counts."""
        counted = steady(self.comparisons)
        return mean_of(counted) if counted else None

    @property
    def rivals(self) -> Counter[str]:
        """The fastest dense backends, by the number of cases in which they were it."""
        return Counter(each.baseline.backend for each in self.comparisons)

    @property
    def verdict(self) -> str:
        """Of the mean; ``disturbed`` if nothing else was measured; empty without a rival."""
        if self.speedup is None:
            return "disturbed" if self.comparisons else ""
        return str(self.speedup.verdict)


def findings(study: Study) -> list[Finding]:
    """Findings from the cases on which the subject has a row that counts, in their order."""
    compared = {id(each.case): each for each in study.against_dense}
    groups: dict[tuple, list[Case]] = {}
    for case in study.cases:
        if case.counted(study.subject):
            key = (case.model, case.shape, case.n, round(case.sparsity_real, 2), case.from_model)
            groups.setdefault(key, []).append(case)
    return [
        Finding(
            study.setting,
            group,
            study.subject,
            [compared[id(case)] for case in group if id(case) in compared],
        )
        for group in groups.values()
    ]


def sweep_studies(
    cases: Iterable[Case], backends: Sequence[str], indifference: float = INDIFFERENCE
) -> list[Study]:
    """The settings of a sweep that asked for ``backends``, about its subject."""
    return studies(cases, subject=subject_of(backends), indifference=indifference)


def subject_of(backends: Sequence[str]) -> str:
    """The backend that findings are about: spbench, or else the first that was asked for."""
    return SUBJECT if SUBJECT in backends else backends[0]
