"""One setting of a run: its cases, and how its subject compares with the others on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from spbench.report.case import Case, Setting
from spbench.report.comparison import Comparison, compare
from spbench.report.contender import Contender, contenders
from spbench.report.summary import Summary, mean_of, sum_of
from spbench.store.schema import Row

SUBJECT = "spbench"


@dataclass(frozen=True, eq=False)
class Study:
    """Cases of one setting, with the name of the dense backend to compare with."""

    setting: Setting
    cases: Sequence[Case]
    baseline: str

    @cached_property
    def contenders(self) -> dict[str, Contender]:
        return contenders(self.rows)

    @cached_property
    def rows(self) -> list[Row]:
        return [row for case in self.cases for row in case.rows.values()]

    @cached_property
    def comparisons(self) -> list[Comparison]:
        """spbench against the baseline on every case where both have a row that counts."""
        found = (compare(case, SUBJECT, self.baseline) for case in self.cases)
        return [comparison for comparison in found if comparison]

    @property
    def random(self) -> list[Comparison]:
        return [each for each in self.comparisons if not each.case.from_model]

    @property
    def layers(self) -> list[Comparison]:
        return [each for each in self.comparisons if each.case.from_model]

    @cached_property
    def against_sparse(self) -> list[Comparison]:
        """spbench against the fastest other sparse library of each case."""
        found = (self._against_best_sparse(case) for case in self.cases)
        return [comparison for comparison in found if comparison]

    def _against_best_sparse(self, case: Case) -> Comparison | None:
        rivals = [name for name, each in self.contenders.items() if each.sparse and name != SUBJECT]
        counted = [row for row in map(case.counted, rivals) if row]
        if not counted:
            return None
        best = min(counted, key=lambda row: row.time_ns)
        return compare(case, SUBJECT, best.backend)

    @cached_property
    def models(self) -> dict[tuple[str, int], Summary]:
        """The sum over each model's layers, by model and number of tokens."""
        keys = sorted({(each.case.model, each.case.n) for each in self.layers})
        return {
            key: sum_of([each for each in self.layers if (each.case.model, each.case.n) == key])
            for key in keys
        }

    @cached_property
    def by_sparsity(self) -> dict[float, Summary]:
        """The mean over random shapes, by sparsity."""
        return means(self.random)


def means(comparisons: Iterable[Comparison]) -> dict[float, Summary]:
    """Geometric mean of the comparisons of each sparsity, from the lowest to the highest."""
    groups: dict[float, list[Comparison]] = {}
    for comparison in comparisons:
        groups.setdefault(comparison.case.sparsity, []).append(comparison)
    return {sparsity: mean_of(groups[sparsity]) for sparsity in sorted(groups)}


def studies(cases: Iterable[Case], baseline: str) -> list[Study]:
    """One study for each setting; the one with the most cases first."""
    cases = list(cases)
    sizes = Counter(case.setting for case in cases)
    ordered = sorted(sizes, key=lambda setting: (-sizes[setting], str(setting), setting.host))
    return [
        Study(setting, [case for case in cases if case.setting == setting], baseline)
        for setting in ordered
    ]
