"""What became of a sweep's backends, apart from their times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from spbench.errors import RunError
from spbench.store.schema import Row, Status


def remarks(rows: Sequence[Row]) -> list[str]:
    """A line for each backend and status that came with a reason, with the most common one."""
    groups: dict[tuple[str, Status], Counter[str]] = {}
    for row in rows:
        if row.reason:
            groups.setdefault((row.backend, row.status), Counter())[row.reason] += 1
    return [_remark(*key, reasons) for key, reasons in groups.items()]


def require_results(rows: Sequence[Row]) -> None:
    """Raises :class:`RunError` if a backend's numbers were wrong, or none has a result."""
    wrong = [row for row in rows if row.status is Status.WRONG]
    if wrong:
        first = wrong[0]
        raise RunError(
            f"{len(wrong)} wrong result{'s' * (len(wrong) > 1)}, the first: {first.backend} "
            f"on {first.m}x{first.k}x{first.n}: {first.reason}"
        )
    if not any(row.status is Status.OK for row in rows):
        raise RunError(f"no backend has a result: {'; '.join(remarks(rows)) or 'nothing was run'}")


def require_sound(rows: Sequence[Row]) -> None:
    """Raises :class:`RunError` if any backend failed or was wrong, or none has a result."""
    for row in rows:
        if row.status in (Status.WRONG, Status.FAILED):
            raise RunError(f"{row.backend} is {row.status}: {row.reason}")
    require_results(rows)


def _remark(backend: str, status: Status, reasons: Counter[str]) -> str:
    count = reasons.total()
    reason = reasons.most_common(1)[0][0]
    return f"{backend}: {status} in {count} case{'s' * (count > 1)}: {reason}"
