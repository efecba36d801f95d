"""Times of layers by sparsity from the rows of a run: what pruning for a speed-up counts in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from spbench.errors import InputError
from spbench.formats import BlockShape
from spbench.pruning.costs import TimeCosts, TimeCurve
from spbench.store.rows_file import RowsFile
from spbench.store.run_folder import ROWS
from spbench.store.schema import Row, Status

_OWN = "spbench"


def read_layer_times(run: Path) -> TimeCosts:
    """Of ``spbench`` at each measured sparsity, and of the fastest dense int8 library beside it.

    All of one setting, so that they add up: hot caches and no epilogue before others, then that
    with the most shapes, then the most tokens and the fewest threads. Raises :class:`InputError` for a folder without such rows.
    """
    rows = [row for row in RowsFile(run / ROWS).read() if row.status is Status.OK]
    own: dict[tuple, set[tuple]] = defaultdict(set)
    for row in rows:
        if row.backend == _OWN:
            own[_setting(row)].add((row.m, row.k, row.pattern))
    if not own:
        raise InputError(f"{run}: no measured rows of spbench; give a run of run-gemm")
    setting = max(own, key=lambda one: (*one[:2], len(own[one]), *one[2:]))
    chosen = [row for row in rows if _setting(row) == setting]
    shapes: dict[tuple[tuple[int, int], BlockShape], list[Row]] = defaultdict(list)
    for row in chosen:
        shapes[(row.m, row.k), BlockShape.parse(row.pattern)].append(row)
    curves = {key: _curve(found) for key, found in shapes.items()}
    return TimeCosts(str(run), {key: curve for key, curve in curves.items() if curve is not None})


def _setting(row: Row) -> tuple:
    return row.cache == "hot", row.epilogue == "none", row.n, -row.threads, row.output


def _curve(rows: Iterable[Row]) -> TimeCurve | None:
    """None without two sparsities, or without a dense library."""
    times: dict[float, list[float]] = defaultdict(list)
    dense: list[float] = []
    for row in rows:
        if row.backend == _OWN:
            times[row.sparsity_real].append(row.time_ns)
        elif not row.index_bytes and row.dtype.startswith("u8"):
            dense.append(row.time_ns)
    if len(times) < 2 or not dense:
        return None
    sparsities = tuple(sorted(times))
    return TimeCurve(sparsities, tuple(min(times[s]) for s in sparsities), min(dense))
