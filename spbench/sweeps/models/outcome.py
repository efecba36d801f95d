"""What became of a comparison's runtimes, apart from their times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from spbench.errors import RunError
from spbench.store.model_row import ModelRow
from spbench.store.schema import Status
from spbench.sweeps import outcome


def remarks(rows: Sequence[ModelRow]) -> list[str]:
    """A line for each runtime and status that came with a reason, and for each handicap."""
    counts = Counter((row.runtime, row.handicaps) for row in rows if row.handicaps)
    handicaps = [
        f"{runtime}: handicap in {count} case{'s' * (count > 1)}: {text}"
        for (runtime, text), count in counts.items()
    ]
    return [*outcome.remarks(rows), *handicaps]


def require_results(rows: Sequence[ModelRow]) -> None:
    """Raises :class:`RunError` if a runtime's numbers were wrong, or none has a result."""
    for row in rows:
        if row.status is Status.WRONG:
            raise RunError(
                f"{row.runtime} is wrong on {row.model} {row.batch}x{row.tokens}: {row.reason}"
            )
    if not any(row.status is Status.OK for row in rows):
        raise RunError(f"no runtime has a result: {'; '.join(remarks(rows)) or 'nothing was run'}")
