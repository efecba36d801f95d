"""The same setting measured on several machines, brought together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from spbench.report.case import Setting
from spbench.report.comparison import Comparison
from spbench.report.study import FASTEST_DENSE, Study


@dataclass(frozen=True, eq=False)
class Fleet:
    """``studies`` differ in their host alone, which ``setting`` leaves empty."""

    setting: Setting
    studies: Sequence[Study]

    @property
    def over(self) -> str:
        """What titles call the baseline, if it is the same on all machines."""
        names = {study.over for study in self.studies}
        return names.pop() if len(names) == 1 else FASTEST_DENSE

    @cached_property
    def shared(self) -> dict[str, list[Comparison]]:
        """By host, the comparisons over random shapes that every machine has.

        What one machine did not finish is left out of the others too: a mean over other
        shapes would compare shapes, not machines.
        """
        found = {study.setting.host: study.random for study in self.studies}
        cases = set.intersection(
            *({each.row.case_id for each in one if not each.disturbed} for one in found.values())
        )
        return {
            host: [each for each in comparisons if each.row.case_id in cases]
            for host, comparisons in found.items()
        }


def fleets(studies: Iterable[Study]) -> list[Fleet]:
    """One for each setting that several machines have, in the order of the studies."""
    groups: dict[Setting, list[Study]] = {}
    for study in studies:
        groups.setdefault(replace(study.setting, host=""), []).append(study)
    return [
        Fleet(setting, sorted(group, key=lambda each: each.setting.host))
        for setting, group in groups.items()
        if len(group) > 1
    ]
