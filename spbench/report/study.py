"""One setting of a run: its cases, and how its subject compares with the others on them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean
from typing import Any

from spbench.backends import OWN
from spbench.measure.statistics import INDIFFERENCE
from spbench.report.break_even import BreakEven, break_evens
from spbench.report.case import Case, Setting
from spbench.report.comparison import Comparison, compare_all, steady
from spbench.report.contender import Contender, contenders
from spbench.report.rival import Rival
from spbench.report.summary import Summary, mean_of, sum_of
from spbench.store.schema import Row

SUBJECT = "spbench"
FASTEST_DENSE = "the fastest dense library"


@dataclass(frozen=True, eq=False)
class Study:
    """Cases of one setting, with the names of the baseline and of the subject.

    Without a ``baseline`` it is the fastest dense backend of each case.

    Each list of comparisons is a family of its own: verdicts are corrected for as many
    cases as it has. Means and sums leave disturbed comparisons out.
    """

    setting: Setting
    cases: Sequence[Case]
    baseline: str | None = None
    subject: str = SUBJECT
    indifference: float = INDIFFERENCE

    @cached_property
    def contenders(self) -> dict[str, Contender]:
        return contenders(self.rows)

    @cached_property
    def rows(self) -> list[Row]:
        return [row for case in self.cases for row in case.rows.values()]

    @cached_property
    def comparisons(self) -> list[Comparison]:
        """The subject against the baseline on every case where both have a row that counts."""
        if self.baseline is None:
            return self.against_dense
        return self._compare(lambda case: case.counted(self.baseline))

    @cached_property
    def rivals(self) -> Counter[str]:
        """The backends that stand for the baseline, by the number of cases in which they do."""
        return Counter(each.baseline.backend for each in self.comparisons)

    @property
    def over(self) -> str:
        """What titles call the baseline: its name, if it is the same one everywhere."""
        if self.baseline is not None:
            return self.baseline
        return next(iter(self.rivals)) if len(self.rivals) == 1 else FASTEST_DENSE

    def baseline_of(self, case: Case) -> Row | None:
        """The baseline's row on a case, if it counts."""
        if self.baseline is not None:
            return case.counted(self.baseline)
        return self._fastest(case, sparse=False)

    @property
    def random(self) -> list[Comparison]:
        return [each for each in self.comparisons if not each.case.from_model]

    @property
    def layers(self) -> list[Comparison]:
        return [each for each in self.comparisons if each.case.from_model]

    @cached_property
    def against_dense(self) -> list[Comparison]:
        """The subject against the fastest dense backend of each case, whatever its precision.

        Which one that is, is read off the same rounds: that favours dense a little.
        """
        return self._compare(lambda case: self._fastest(case, sparse=False))

    @cached_property
    def break_evens(self) -> list[BreakEven]:
        """Of each random shape and number of tokens, with the fastest dense backends."""
        return break_evens(each for each in self.against_dense if not each.case.from_model)

    @cached_property
    def break_evens_with_layout(self) -> list[BreakEven]:
        """The same with each library's change of layout, in the same order."""
        found = (each for each in self.against_dense if not each.case.from_model)
        return break_evens(found, with_layout=True)

    @cached_property
    def against_sparse(self) -> list[Comparison]:
        """The subject against the fastest other sparse library of each case."""
        return self._compare(lambda case: self._fastest(case, sparse=True))

    @cached_property
    def libraries(self) -> list[Rival]:
        """Every other library with the random cases where both count, the nearest first."""
        rivals = [self._rival(each) for each in self.contenders.values() if self._is_other(each)]
        return sorted((each for each in rivals if steady(each.comparisons)), key=_nearness)

    def libraries_that_are(self, sparse: bool) -> list[Rival]:
        """The sparse ones, or the dense ones."""
        return [each for each in self.libraries if each.contender.sparse is sparse]

    def _rival(self, contender: Contender) -> Rival:
        found = self._compare(
            lambda case: None if case.from_model else case.counted(contender.name)
        )
        return Rival(contender, found)

    def _is_other(self, contender: Contender) -> bool:
        return contender.name not in {self.subject, *OWN}

    @cached_property
    def over_sparse(self) -> Summary | None:
        """The mean over :attr:`against_sparse`; None if nothing may enter it."""
        found = steady(self.against_sparse)
        return mean_of(found) if found else None

    @cached_property
    def models(self) -> dict[tuple[str, int], Summary]:
        """The sum over each model's layers, by model and number of tokens."""
        groups: dict[tuple[str, int], list[Comparison]] = {}
        for each in steady(self.layers):
            groups.setdefault((each.case.model, each.case.n), []).append(each)
        return {key: sum_of(groups[key]) for key in sorted(groups)}

    def _compare(self, rival: Callable[[Case], Row | None]) -> list[Comparison]:
        """The subject against each case's rival, where both have a row that counts."""
        found = ((case, case.counted(self.subject), rival(case)) for case in self.cases)
        pairs = (each for each in found if each[1] and each[2])
        return compare_all(pairs, self.indifference)

    def _fastest(self, case: Case, sparse: bool) -> Row | None:
        """The fastest row that counts of other libraries' backends of one kind."""
        others = [each for each in self.contenders.values() if self._is_other(each)]
        rows = [case.counted(each.name) for each in others if each.sparse is sparse]
        return min(filter(None, rows), key=lambda row: row.time_ns, default=None)


def indifference_of(sweep: Mapping[str, Any]) -> float:
    """What a sweep asked for; older ones did not."""
    asked = sweep.get("indifference")
    return asked if isinstance(asked, float) else INDIFFERENCE


def over(study: Study) -> str:
    """The baseline with what it computes: ``onednn (dense int8)``."""
    return str(study.contenders.get(study.over, study.over))


def studies(
    cases: Iterable[Case],
    baseline: str | None = None,
    subject: str = SUBJECT,
    indifference: float = INDIFFERENCE,
) -> list[Study]:
    """One study for each setting; the one with the most comparisons, then cases, first.

    A setting that the subject does not run, or has nothing to be compared with, comes last:
    what is printed first must be about what was measured.
    """
    groups: dict[Setting, list[Case]] = {}
    for case in cases:
        groups.setdefault(case.setting, []).append(case)
    found = [
        Study(setting, group, baseline, subject, indifference) for setting, group in groups.items()
    ]
    return sorted(found, key=_most_compared)


def _nearness(rival: Rival) -> tuple[float, str]:
    """Mean of the logarithms of its ratios over all cases, then the name."""
    ratios = [each.interval.value for each in steady(rival.comparisons)]
    return fmean(map(math.log, ratios)), rival.name


def _most_compared(study: Study) -> tuple:
    counts = (-len(study.comparisons), -len(study.cases))
    return (*counts, study.setting.threads, str(study.setting), study.setting.host)
