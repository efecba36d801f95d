"""Tables of how near each row came to its own bound on the roofline."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Sequence

from spbench.report.case import percent
from spbench.report.roofline import SUSPECT_SHARE, RooflinePoint
from spbench.report.speedup_tables import by_sparsity
from spbench.report.table import NOTHING, Table


def bound_shares(points: Sequence[RooflinePoint], subject: str) -> Table:
    """Share of its own bound, by backend and number of tokens."""
    groups = _grouped(points, lambda each: (each.row.backend, each.case.n))
    ordered = sorted(groups, key=lambda key: (key[0] != subject, *key))
    rows = [[backend, str(n), *_summary(groups[backend, n])] for backend, n in ordered]
    return Table(
        "Share of its own bound, by backend",
        ["backend", "N", "rows", "bounded by", "least", "median", "most"],
        rows,
        "Bound: the smaller of the peak and of what the memory can bring, that is operations per"
        " byte times the read bandwidth for as many bytes as weights, indices, activations and"
        " result have (in a run that did not measure it by size, of the fastest level that holds"
        " them). Several threads are taken to read an equal part each, as fast as one core alone."
        " Real operations only, each backend in its own arithmetic. 100 % is all that this machine"
        " can do.",
        numbers_from=4,
    )


def _summary(points: Sequence[RooflinePoint]) -> list[str]:
    shares = sorted(each.share for each in points)
    limits = Counter(_limit(each) for each in points)
    told = ", ".join(f"{limit} in {count}" for limit, count in limits.most_common())
    middle = statistics.median(shares)
    return [str(len(points)), told, *(_percent(share) for share in (shares[0], middle, shares[-1]))]


def subject_shares(points: Sequence[RooflinePoint], subject: str) -> Table:
    """The subject's share of its own bound, by shape, number of tokens and sparsity."""
    ours = [each for each in points if each.row.backend == subject and not each.case.from_model]
    sparsities = sorted({each.case.sparsity for each in ours})
    rows = []
    for (m, k, n), group in _grouped(ours, lambda each: (*each.case.shape, each.case.n)).items():
        found = {each.case.sparsity: each for each in group}
        cells = [_cell(found.get(sparsity)) for sparsity in sparsities]
        rows.append([f"{m}x{k}", str(n), *cells])
    return Table(
        f"Share of its own bound, {subject} by shape and sparsity",
        ["MxK", "N", *by_sparsity(sparsities)],
        rows,
        "In brackets what bounds: the peak, or a level of the memory.",
    )


def _cell(point: RooflinePoint | None) -> str:
    if point is None:
        return NOTHING
    return f"{_percent(point.share)} ({_limit(point)})"


def _limit(point: RooflinePoint) -> str:
    """``peak``, or a level of the memory as people write it: ``L2``."""
    return point.bound_by if point.bound_by == "peak" else point.bound_by.upper()


def suspicion(points: Sequence[RooflinePoint]) -> str:
    """A warning where rows exceed their own bound; empty if none does."""
    found = [each for each in points if each.suspect]
    if not found:
        return ""
    worst = max(found, key=lambda each: each.share)
    return (
        f"{len(found)} of {len(points)} rows exceed their own bound by more than"
        f" {percent(SUSPECT_SHARE - 1)}, the most {worst.row.backend} on {worst.case} with"
        f" {_percent(worst.share)} of what the {_limit(worst)} allows: there the measured peak or"
        " bandwidth is too low, and the shares are not to be trusted."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.1 else f"{100 * share:.1f} %"


def _grouped(points: Sequence[RooflinePoint], key: Callable) -> dict:
    groups: dict = {}
    for point in points:
        groups.setdefault(key(point), []).append(point)
    return groups
