"""Pairs: the rows of both sides that measure the same, and can be compared."""

from __future__ import annotations

from collections.abc import Sequence

from spbench.errors import InputError
from spbench.report.case import Case
from spbench.report.run_comparison.cell import has_control, share_control
from spbench.report.run_comparison.not_compared import NotCompared, why_not
from spbench.report.run_comparison.side import Side
from spbench.store.schema import Row

Pair = tuple[list[Row], list[Row]]
"""The rows of one case and backend: one for each run of A, one for each run of B."""


def pair_up(
    a: Side, b: Side, backends: Sequence[str], any_host: bool, may_be_lost: bool = False
) -> tuple[list[Pair], list[NotCompared]]:
    """Rows of both sides that can be compared, in A's order, and what cannot.

    Raises :class:`InputError` for a backend that neither side has, and without any pair; not
    if ``may_be_lost`` and B lost what A has, which is for the caller to tell.
    """
    rows = a.by_key(any_host), b.by_key(any_host)
    keys = list(dict.fromkeys(key for side in rows for run in side for key in run))
    _refuse_unknown(backends, {backend for _, backend, _ in keys})
    keys = [key for key in keys if not backends or key[1] in backends]
    reasons = {key: why_not(key, a, b, rows) for key in keys}
    left_out = [reason for reason in reasons.values() if reason]
    pairs = [
        ([run[key] for run in rows[0]], [run[key] for run in rows[1]])
        for key in keys
        if not reasons[key]
    ]
    if not pairs and not (may_be_lost and any(each.lost for each in left_out)):
        first = f"; {left_out[0].case}, {left_out[0].backend}: {left_out[0].reason}"
        raise InputError(f"no case has times in {a} and in {b}{first}")
    return pairs, left_out


def _refuse_unknown(backends: Sequence[str], known: set[str]) -> None:
    for name in backends:
        if name not in known:
            raise InputError(f"no backend {name!r} in these runs: {', '.join(sorted(known))}")


def with_control(
    pairs: list[Pair], another_machine: bool
) -> tuple[list[Pair], bool, list[NotCompared]]:
    """The pairs with one control kernel in all their rows, if there are any; else all, raw.

    Another machine is compared by its raw times: the control would cancel what it is faster by.
    """
    shared = [share_control([*a, *b]) for a, b in pairs]
    if another_machine or not any(shared):
        return pairs, False, []
    kept = [pair for pair, is_shared in zip(pairs, shared, strict=True) if is_shared]
    rest = [
        _uncontrolled(*pair) for pair, is_shared in zip(pairs, shared, strict=True) if not is_shared
    ]
    return kept, True, rest


def _uncontrolled(a: list[Row], b: list[Row]) -> NotCompared:
    every_row_has_one = all(map(has_control, [*a, *b]))
    reason = (
        "another control kernel ran" if every_row_has_one else "no control kernel in its rounds"
    )
    return NotCompared(str(Case({a[0].backend: a[0]})), a[0].backend, reason)
