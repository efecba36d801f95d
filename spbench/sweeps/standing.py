"""How far a run has come on one host."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from spbench.store.model_row import ModelRow
from spbench.store.schema import Row, Status


class _Case(Protocol):
    @property
    def case_id(self) -> str: ...


Case = TypeVar("Case", bound=_Case)


@dataclass(frozen=True)
class Standing(Generic[Case]):
    """``missing`` cases are still to be measured; ``again`` of them had a row for each name."""

    missing: list[Case]
    again: int

    @classmethod
    def of(
        cls,
        cases: Sequence[Case],
        names: Sequence[str],
        rows: Sequence[Row | ModelRow],
        absent: Collection[str] = (),
    ) -> Standing[Case]:
        """What the latest ``rows`` of a host leave to be done; ``names`` of backends or runtimes.

        A failed row is no result. An unavailable one is none either, unless its
        library is ``absent`` still. Half of a case is measured again whole: its
        rows are compared with each other, so they must take turns.
        """
        present = {row.key[:2] for row in rows}
        done = {row.key[:2] for row in rows if _is_result(row, absent)}
        missing = [case for case in cases if not _keys(case, names) <= done]
        return cls(missing, sum(_keys(case, names) <= present for case in missing))


def names_unavailable(rows: Sequence[Row | ModelRow]) -> set[str]:
    """Of backends or runtimes whose library was not there."""
    return {_name(row) for row in rows if row.status is Status.UNAVAILABLE}


def _name(row: Row | ModelRow) -> str:
    return row.key[1]


def _keys(case: _Case, names: Sequence[str]) -> set[tuple[str, str]]:
    return {(case.case_id, name) for name in names}


def _is_result(row: Row | ModelRow, absent: Collection[str]) -> bool:
    if row.status is Status.UNAVAILABLE:
        return _name(row) in absent
    return row.status is not Status.FAILED
