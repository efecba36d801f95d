"""What the samples of a backend's rows say about the circumstances: outliers and drift.

Neither changes a time or a verdict, see :mod:`spbench.measure.sample_health`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from spbench.measure.sample_health import drift, outliers
from spbench.report.case import Case, counts
from spbench.store.schema import Row

MANY_OUTLIERS = 0.2
"""Share of a row's samples. One or two outliers have four rows of five, on any machine."""


@dataclass(frozen=True)
class RowHealth:
    """One row: which share of it are outliers, the farthest over the median, and its drift.

    ``drift`` is from the first round to the last, as a share of the median; 0 if not significant.
    """

    case: Case
    outliers: float
    farthest: float
    drift: float

    @classmethod
    def of(cls, case: Case, row: Row) -> RowHealth:
        far = outliers(row.samples_ns)
        trend = drift(row.samples_ns)
        return cls(
            case,
            len(far) / len(row.samples_ns),
            max((row.samples_ns[index] for index in far), default=0.0) / row.time_ns,
            trend.relative if trend.is_significant else 0.0,
        )


@dataclass(frozen=True)
class Health:
    """All rows of a backend that count."""

    backend: str
    rows: Sequence[RowHealth]

    @property
    def with_outliers(self) -> list[RowHealth]:
        """Those that have many, the one with the farthest first."""
        many = (row for row in self.rows if row.outliers > MANY_OUTLIERS)
        return sorted(many, key=lambda row: -row.farthest)

    @property
    def drifting(self) -> list[RowHealth]:
        """The row with the greatest drift first."""
        return sorted((row for row in self.rows if row.drift), key=lambda row: -abs(row.drift))

    @property
    def is_sound(self) -> bool:
        """Whether there is nothing to say."""
        return not self.with_outliers and not self.drifting

    def __str__(self) -> str:
        """Such as ``onednn: many outliers in 2 of 9 cases (up to 5.1 x the median)``."""
        said = []
        if self.with_outliers:
            farthest = f"up to {self.with_outliers[0].farthest:.3g} x the median"
            said.append(f"many outliers in {self._share(self.with_outliers)} ({farthest})")
        if self.drifting:
            greatest = f"up to {100 * self.drifting[0].drift:+.1f} %"
            said.append(f"times that drift in {self._share(self.drifting)} ({greatest})")
        return f"{self.backend}: {', '.join(said) or 'nothing unusual in the samples'}"

    def _share(self, rows: Sequence[RowHealth]) -> str:
        return f"{len(rows)} of {len(self.rows)} cases"


def health_of(cases: Iterable[Case]) -> list[Health]:
    """For each backend about whose samples there is something to say, by name."""
    groups: dict[str, list[RowHealth]] = {}
    for case in cases:
        for backend, row in case.rows.items():
            if counts(row):
                groups.setdefault(backend, []).append(RowHealth.of(case, row))
    found = (Health(backend, groups[backend]) for backend in sorted(groups))
    return [each for each in found if not each.is_sound]
