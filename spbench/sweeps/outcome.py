"""What became of a sweep's backends, apart from their times."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from spbench.errors import RunError
from spbench.store.model_row import ModelRow
from spbench.store.schema import Row, Status

REASONS_TOLD = 4


def remarks(rows: Sequence[Row | ModelRow]) -> list[str]:
    """A line for each backend or runtime and status that came with a reason, with all that differ."""
    groups: dict[tuple[str, Status], dict[str, list[str]]] = {}
    for row in rows:
        if row.reason:
            group = groups.setdefault((row.key[1], row.status), {})
            group.setdefault(_alike(row), []).append(row.reason)
    return [_remark(*key, _told(group)) for key, group in groups.items()]


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


def _told(group: Mapping[str, Sequence[str]]) -> Counter[str]:
    """Reasons with how often they were given; a single one in its own words."""
    return Counter(
        {
            reasons[0] if len(reasons) == 1 else alike: len(reasons)
            for alike, reasons in group.items()
        }
    )


def _remark(name: str, status: Status, reasons: Counter[str]) -> str:
    count = reasons.total()
    said = f"{name}: {status} in {count} case{'s' * (count > 1)}"
    if len(reasons) == 1:
        return f"{said}: {next(iter(reasons))}"
    told = [f"{reason} (in {number})" for reason, number in reasons.most_common(REASONS_TOLD)]
    more = len(reasons) - len(told)
    return f"{said}: {'; '.join(told)}{f'; and {more} other reasons' * (more > 0)}"


def _alike(row: Row | ModelRow) -> str:
    """The reason; a remark on a row that counts without its numbers, which always differ."""
    return re.sub(r"\d+(\.\d+)?", "...", row.reason) if row.status is Status.OK else row.reason
