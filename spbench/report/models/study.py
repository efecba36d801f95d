"""All whole models of a results folder, and how spbench compares on them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from spbench.measure.statistics import INDIFFERENCE
from spbench.report.models.case import (
    DENSE_TWIN,
    SUBJECT,
    ModelCase,
    ModelSetting,
    counts,
    group_cases,
)
from spbench.report.models.comparison import ModelComparison, compare_all
from spbench.report.models.limit import Limited, limited
from spbench.store.model_row import ModelRow
from spbench.store.schema import Status


@dataclass(frozen=True)
class LeftOut:
    """Cases of one runtime that do not count, for one reason."""

    runtime: str
    status: str
    reason: str
    cases: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class ModelStudy:
    """``rows``: the last of each case, runtime and limit."""

    rows: Sequence[ModelRow]
    indifference: float = INDIFFERENCE

    @cached_property
    def cases(self) -> list[ModelCase]:
        """Those that were measured for their latency; searches under a limit are apart."""
        return group_cases(row for row in self.rows if row.latency_limit_ns is None)

    @cached_property
    def limited(self) -> list[Limited]:
        """The best of each search for the highest throughput under a limit."""
        return limited([row for row in self.rows if row.latency_limit_ns is not None])

    @cached_property
    def settings(self) -> dict[ModelSetting, list[ModelCase]]:
        """Cases with a row that counts, by setting; the one with the most cases first."""
        found: dict[ModelSetting, list[ModelCase]] = {}
        for case in self.cases:
            if any(map(counts, case.rows.values())):
                found.setdefault(case.setting, []).append(case)
        order = sorted(found, key=lambda each: (-len(found[each]), each.threads, str(each)))
        return {setting: found[setting] for setting in order}

    @cached_property
    def comparisons(self) -> list[ModelComparison]:
        """spbench against every other runtime on every case where both count."""
        pairs = (
            (case, case.counted(SUBJECT), case.counted(name))
            for case in self.cases
            for name in runtimes(case.rows.values())
            if name != SUBJECT
        )
        return compare_all((each for each in pairs if each[1] and each[2]), self.indifference)

    @cached_property
    def _by_rival(self) -> dict[tuple[ModelCase, str], ModelComparison]:
        return {(each.case, each.rival.runtime): each for each in self.comparisons}

    def comparison(self, case: ModelCase, runtime: str) -> ModelComparison | None:
        """spbench against ``runtime`` on a case; None unless both count."""
        return self._by_rival.get((case, runtime))

    def rivals(self, case: ModelCase) -> list[ModelComparison]:
        """Comparisons with other projects' runtimes that are not disturbed, the nearest first."""
        found = [self._by_rival.get((case, name)) for name in case.rows if name != DENSE_TWIN]
        steady = [each for each in found if each is not None and not each.disturbed]
        return sorted(steady, key=lambda each: (each.interval.value, each.rival.runtime))

    @property
    def disturbed(self) -> list[ModelComparison]:
        return [each for each in self.comparisons if each.disturbed]

    @cached_property
    def left_out(self) -> list[LeftOut]:
        """What does not count and why; the gravest first."""
        grouped: dict[tuple[str, str, str], list[str]] = {}
        for case in self.cases:
            for name, row in case.rows.items():
                if not counts(row):
                    grouped.setdefault((name, *_why(row)), []).append(str(case))
        for row in self.rows:
            if row.latency_limit_ns is not None and row.status is not Status.OK:
                told = f"{row.model} {row.batch}x{row.tokens} under a limit"
                grouped.setdefault((row.runtime, *_why(row)), []).append(told)
        order = ["wrong", "failed", "no samples", "unavailable", "unsupported"]
        found = [LeftOut(*key, tuple(dict.fromkeys(cases))) for key, cases in grouped.items()]
        return sorted(found, key=lambda each: (order.index(each.status), each.runtime, each.reason))


def runtimes(rows: Iterable[ModelRow | Limited]) -> list[str]:
    """Names in the order of tables and legends: spbench, its dense twin, then the others."""
    names = {row.runtime for row in rows}
    return sorted(names, key=lambda name: (name != SUBJECT, name != DENSE_TWIN, name))


def _why(row: ModelRow) -> tuple[str, str]:
    if row.status is Status.OK:
        return "no samples", "no usable samples: a time is missing or not above 0"
    return str(row.status), row.reason or "no reason given"
