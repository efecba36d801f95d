"""The rows that have times, for tools that know nothing but times."""

from __future__ import annotations

from collections import Counter

from spbench.errors import InputError
from spbench.store.run_folder import RunFolder
from spbench.store.schema import Row, Status


def timed_rows(run: RunFolder) -> tuple[list[Row], str]:
    """The rows with times, and what is left out, such as ``3 failed, 24 unsupported``.

    Raises :class:`InputError` if no row has times.
    """
    rows = run.latest()
    timed = [row for row in rows if row.status is Status.OK and row.samples_ns]
    if not timed:
        raise InputError(f"{run.path} has no row with times")
    kept = {id(row) for row in timed}
    rest = Counter(
        "without times" if row.status is Status.OK else str(row.status)
        for row in rows
        if id(row) not in kept
    )
    return timed, ", ".join(f"{count} {status}" for status, count in sorted(rest.items()))
