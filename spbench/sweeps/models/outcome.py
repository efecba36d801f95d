"""What became of a comparison's runtimes, apart from their times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from spbench.errors import RunError
from spbench.store.model_row import ModelRow
from spbench.store.schema import Status


def remarks(rows: Sequence[ModelRow]) -> list[str]:
    """A line for each runtime, status and reason, with the number of cases; handicaps too."""
    counts: Counter[str] = Counter()
    for row in rows:
        if row.reason:
            counts[f"{row.runtime}: {row.status}: {row.reason}"] += 1
        if row.handicaps:
            counts[f"{row.runtime}: handicap: {row.handicaps}"] += 1
    return [f"{text} (in {count} cases)" if count > 1 else text for text, count in counts.items()]


def require_results(rows: Sequence[ModelRow]) -> None:
    """Raises :class:`RunError` if a runtime's numbers were wrong, or none has a result."""
    for row in rows:
        if row.status is Status.WRONG:
            raise RunError(
                f"{row.runtime} is wrong on {row.model} {row.batch}x{row.tokens}: {row.reason}"
            )
    if not any(row.status is Status.OK for row in rows):
        raise RunError(f"no runtime has a result: {'; '.join(remarks(rows)) or 'nothing was run'}")
