"""What differs between two sides besides their times: machine, versions, protocol, code paths."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from spbench.errors import InputError
from spbench.report.machine import MachineFacts
from spbench.report.run_comparison.cell import Cell
from spbench.report.run_comparison.side import Side
from spbench.store.schema import Row

_MEASURED = ("Measured", "Date", "Fingerprint", "Thermal")
"""Facts that differ from run to run on any machine, or say nothing by themselves."""

_PER_CASE = ("calls", "placements")
"""Entries of a row's protocol that are counted in the run, not set for it."""

_CODE = ("implementation", "isa")


@dataclass(frozen=True)
class Difference:
    """One thing that is not the same on both sides; ``cases`` counts rows, 0 for a fact."""

    what: str
    a: str
    b: str
    cases: int = 0

    def __str__(self) -> str:
        where = f" (in {self.cases} of the compared)" if self.cases else ""
        return f"{self.what}: {self.a} in A, {self.b} in B{where}"


def fact_differences(a: Side, b: Side, measured: bool = False) -> list[Difference]:
    """Facts of the machines, side by side, where they differ.

    ``measured`` adds the measured peak and bandwidths, which never agree exactly.
    """
    facts = [MachineFacts(side.facts).facts() for side in (a, b)]
    return [
        Difference(name, ours, theirs)
        for (name, ours), (_, theirs) in zip(*facts, strict=True)
        if ours != theirs and (measured or not name.startswith(_MEASURED))
    ]


def row_differences(cells: Sequence[Cell]) -> list[Difference]:
    """Protocol, implementation and instruction sets that differ, with the number of cells."""
    found: Counter[tuple[str, str, str]] = Counter()
    for cell in cells:
        found.update(_differences(cell.a[0], cell.b[0]))
    return [Difference(*what, count) for what, count in sorted(found.items())]


def refuse_other_machines(a: Side, b: Side, across: bool) -> None:
    """Raise :class:`InputError` unless the sides share a machine, or may differ.

    Across machines each side must be from one: nothing says which belongs to which.
    """
    if across:
        for side in (a, b):
            if len(side.hosts) > 1:
                raise InputError(f"{side} is from {len(side.hosts)} machines: compare one with one")
    elif not set(a.hosts) & set(b.hosts):
        facts = "; ".join(f"{each.what} {each.a} | {each.b}" for each in fact_differences(a, b))
        raise InputError(
            f"{a} ({', '.join(a.hosts)}) and {b} ({', '.join(b.hosts)}) are from different"
            f" machines ({facts or 'whose stored facts agree'}): --across-machines compares"
            " them nevertheless"
        )


def _differences(a: Row, b: Row) -> Iterable[tuple[str, str, str]]:
    for name in _CODE:
        if getattr(a, name) != getattr(b, name):
            yield f"{a.backend}, {name}", getattr(a, name), getattr(b, name)
    for name in sorted({*a.protocol, *b.protocol} - set(_PER_CASE)):
        if a.protocol.get(name) != b.protocol.get(name):
            yield f"protocol, {name}", _text(a.protocol.get(name)), _text(b.protocol.get(name))


def _text(value: object) -> str:
    return "not set" if value is None else str(value)
