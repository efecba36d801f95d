"""A backend as its rows describe it: what it computes with, and what holds it back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from spbench.backends.handicaps import GENERIC_PATH
from spbench.report.case import counts
from spbench.report.machine import UNKNOWN, MachineFacts
from spbench.store.schema import Row


@dataclass(frozen=True)
class Contender:
    """A backend that has at least one row."""

    name: str
    dtype: str
    sparse: bool
    implementations: tuple[str, ...]
    isas: tuple[str, ...]
    handicaps: tuple[str, ...]  # clauses of its rows
    counted: int
    cases: int

    @property
    def kind(self) -> str:
        """Such as ``dense int8``."""
        return f"{'sparse' if self.sparse else 'dense'} {self.precision}"

    @property
    def precision(self) -> str:
        """Of its weights: ``int8``."""
        return precision(self.dtype)

    def __str__(self) -> str:
        return f"{self.name} ({self.kind})" if self.counted else self.name

    def handicap(self, machine: MachineFacts) -> str:
        """Why its times here are not the best it can do; empty if nothing is known."""
        notes = list(self.handicaps)
        if self.on_generic_path(machine) and GENERIC_PATH not in notes:
            notes.insert(0, GENERIC_PATH)
        if self.dtype == "f32":
            notes.append("f32: 4 times the bytes, no int8 dot products")
        if self.dtype == "bf16":
            notes.append("bf16: twice the bytes, no int8 dot products")
        return "; ".join(notes)

    def on_generic_path(self, machine: MachineFacts) -> bool:
        """Whether it leaves its best code unused: oneMKL does on CPUs not made by Intel.

        Rows say so themselves; of older ones the name tells. A CPU that does not tell its
        maker gets the benefit of the doubt.
        """
        if GENERIC_PATH in self.handicaps:
            return True
        maker_known = machine.get("cpu_model") != UNKNOWN
        return self.name.startswith("onemkl") and maker_known and not machine.made_by_intel


def contenders(rows: Sequence[Row]) -> dict[str, Contender]:
    """All backends of the rows by name; spbench first, then those that ran, by name."""
    names = sorted({row.backend for row in rows})
    found = [_contender(name, [row for row in rows if row.backend == name]) for name in names]
    found.sort(key=lambda each: (each.name != "spbench", not each.counted, each.name))
    return {each.name: each for each in found}


def footnotes(found: Iterable[Contender], machine: MachineFacts) -> tuple[dict[str, str], str]:
    """What to call each by name, with the number of its handicap; and all handicaps, numbered."""
    handicaps = {each.name: each.handicap(machine) for each in found}
    texts = filter(None, dict.fromkeys(handicaps.values()))
    numbers = {text: number for number, text in enumerate(texts, 1)}
    labels = {
        name: f"{name} [{numbers[text]}]" if text else name for name, text in handicaps.items()
    }
    return labels, "".join(f" [{number}] {text}." for text, number in numbers.items())


def told_generic_paths(found: Iterable[Contender], machine: MachineFacts) -> str:
    """A sentence for a figure's caption; empty if none is on its generic path."""
    names = [each.name for each in found if each.on_generic_path(machine)]
    if not names:
        return ""
    return f"{' and '.join(names)}: on their generic path, as this CPU is not made by Intel."


def told_handicaps(found: Iterable[Contender]) -> str:
    """Sentences for a figure's caption: what each does not do as asked, generic paths apart."""
    clauses = {
        each.name: "; ".join(clause for clause in each.handicaps if clause != GENERIC_PATH)
        for each in found
    }
    return " ".join(f"{name}: {told}." for name, told in clauses.items() if told)


def precision(dtype: str) -> str:
    """The weights' precision, as people say it."""
    return "int8" if "s8" in dtype else dtype


def _contender(name: str, rows: Sequence[Row]) -> Contender:
    counted = [row for row in rows if counts(row)]
    return Contender(
        name,
        (counted or rows)[0].dtype,
        any(skips_zeros(row) for row in counted),
        _distinct(row.implementation for row in counted),
        _distinct(row.isa for row in counted),
        _clauses(row.handicaps for row in counted),
        len(counted),
        len(rows),
    )


def _clauses(texts: Iterable[str]) -> tuple[str, ...]:
    """The clauses of all handicaps, each once: without its numbers where cases differ in them."""
    found: dict[str, set[str]] = {}
    for clause in (part for text in texts for part in text.split("; ") if part):
        found.setdefault(clause.partition(" (")[0], set()).add(clause)
    return tuple(
        next(iter(clauses)) if len(clauses) == 1 else words for words, clauses in found.items()
    )


def skips_zeros(row: Row) -> bool:
    """A sparse library stores indices; a dense one has none."""
    return (row.index_bytes or 0) > 0


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({value for value in values if value}))
