"""Lines for the first screen: who answers most sequences within a latency limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from spbench.report.case import percent
from spbench.report.models.case import DENSE, DENSE_TWIN, SUBJECT
from spbench.report.models.limit import Limited, Search
from spbench.report.models.numbers import milliseconds


def limit_lines(found: Sequence[Limited]) -> tuple[str, ...]:
    """One line for each model, limit and machine: at the highest sparsity searched.

    Runtimes are searched one after another, so ratios have no interval, and are no verdicts.
    """
    groups: dict[tuple, dict[Search, dict[str, float | None]]] = {}
    for search, group in groupby(found, key=lambda each: each.search):
        key = search.host, search.model, search.latency_limit_ns, search.pattern
        groups.setdefault(key, {})[search] = {each.runtime: each.throughput for each in group}
    return tuple(_line(searches) for searches in groups.values())


def _line(searches: Mapping[Search, Mapping[str, float | None]]) -> str:
    sparsity = max(search.sparsity for search in searches)
    chosen = {search: told for search, told in searches.items() if search.sparsity == sparsity}
    any_one = next(iter(chosen))
    what = DENSE if any_one.pattern == DENSE else f"{percent(sparsity)}, {any_one.pattern} blocks"
    head = f"{any_one.model:<10} within {milliseconds(any_one.latency_limit_ns)} ms ({what}): "
    return head + _said(list(chosen.values()))


def _said(lengths: Sequence[Mapping[str, float | None]]) -> str:
    """``lengths``: sequences a second by runtime, None where nothing is within the limit."""
    within = [told for told in lengths if told.get(SUBJECT)]
    if not within:
        return f"{SUBJECT} at none of {_count(lengths)}"
    ratios, alone = [], 0
    for told in within:
        rivals = {name: each for name, each in told.items() if name not in (SUBJECT, DENSE_TWIN)}
        best = max(filter(None, rivals.values()), default=None)
        ratios += [told[SUBJECT] / best] if best else []
        alone += bool(rivals) and best is None
    said = [f"{SUBJECT} at {len(within)} of {_count(lengths)}"]
    if ratios:
        said.append(f"{_span(ratios)} the sequences/s of the best other at {len(ratios)}")
    if alone:
        said.append(f"no other runtime at {alone}")
    return ", ".join(said)


def _span(ratios: Sequence[float]) -> str:
    low, high = f"{min(ratios):.2f}x", f"{max(ratios):.2f}x"
    return low if low == high else f"{low} to {high}"


def _count(lengths: Sequence[object]) -> str:
    return "1 length" if len(lengths) == 1 else f"{len(lengths)} lengths"
