"""How far a run has come on one host."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from spbench.store.schema import Row, Status
from spbench.sweeps.case import Case


@dataclass(frozen=True)
class Standing:
    """``missing`` cases are still to be measured; ``again`` of them had a row for each backend."""

    missing: list[Case]
    again: int

    @classmethod
    def of(
        cls,
        cases: Sequence[Case],
        backends: Sequence[str],
        rows: Sequence[Row],
        absent: Collection[str] = (),
    ) -> Standing:
        """What the latest ``rows`` of a host leave to be done.

        A failed row is no result. An unavailable one is none either, unless its
        backend is ``absent`` still. Half of a case is measured again whole: its
        backends are compared with each other, so they must take turns.
        """
        present = {(row.case_id, row.backend) for row in rows}
        done = {(row.case_id, row.backend) for row in rows if _is_result(row, absent)}
        missing = [case for case in cases if not _keys(case, backends) <= done]
        return cls(missing, sum(_keys(case, backends) <= present for case in missing))


def _keys(case: Case, backends: Sequence[str]) -> set[tuple[str, str]]:
    return {(case.case_id, name) for name in backends}


def _is_result(row: Row, absent: Collection[str]) -> bool:
    if row.status is Status.UNAVAILABLE:
        return row.backend in absent
    return row.status is not Status.FAILED
