"""What a reader calls a runtime: its name, with the number of what holds it back here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from spbench.report.models.case import counts
from spbench.store.model_row import ModelRow


@dataclass(frozen=True)
class Footnotes:
    """``labels`` by runtime (``torch-f32 [1]``), and ``text`` with all numbers (``[1] ...``)."""

    labels: dict[str, str]
    text: str

    @classmethod
    def of(cls, rows: Iterable[ModelRow]) -> Footnotes:
        """From the handicaps of the rows that count."""
        found: dict[str, dict[str, None]] = {}
        for row in filter(counts, rows):
            clauses = [clause for clause in row.handicaps.split("; ") if clause]
            found.setdefault(row.runtime, {}).update(dict.fromkeys(clauses))
        told = {name: "; ".join(clauses) for name, clauses in sorted(found.items())}
        numbers = {
            text: at for at, text in enumerate(dict.fromkeys(filter(None, told.values())), 1)
        }
        labels = {
            name: f"{name} [{numbers[text]}]" if text else name for name, text in told.items()
        }
        return cls(labels, "".join(f" [{number}] {text}." for text, number in numbers.items()))
