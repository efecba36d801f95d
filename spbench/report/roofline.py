"""Each row on the roofline: what it computes, what it must move, and its share of its own bound.

    bound = min(peak, intensity x bandwidth)

(Williams, Waterman and Patterson, Roofline, CACM 2009). Operations are real ones: stored
weights only. Bytes are those that a product cannot do without, each once: weights,
indices, X and Y by their types. Caches are hot, so the bandwidth is that of a set of as
many bytes that is read again and again: it was measured by size. A run without such a
curve has the bandwidth of the level that holds everything, which is too low for a set
that lies partly in the level before. The peak is measured beside the row, in its own
rounds, by its control; older rows have the machine's. A share above 1 says that a bound
is wrong, not that the kernel is good: it is flagged.

Bandwidth is measured on one core. Several threads are assumed to read an equal part of
the bytes each, every one at the rate of a core that is alone. Caches that they share, and
X, which each of them reads, make that an upper bound. What the last cache does not hold
is taken at its whole size, since that cache is one for all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from spbench.measure.bandwidth_curve import BandwidthCurve
from spbench.report.case import Case, counts
from spbench.report.machine import MachineFacts
from spbench.store.schema import Row

SUSPECT_SHARE = 1.02
"""What exceeds its bound by more than the clock's error shows an error of the bound."""
INT8_PEAK = "vpdpbusd_zmm"
"""The control that is the CPU's int8 peak; any other is only a clock."""
_LEVELS = ("l1", "l2", "l3")
FLOAT_PEAKS = {"f32": "f32_peak_gflops", "bf16": "bf16_peak_gflops"}
"""Of the machine's limits, by the dtype of rows that are not int8."""
_ITEM_BYTES = {"s8": 1, "u8": 1, "s32": 4, "f32": 4, "bf16": 2}


@dataclass(frozen=True)
class Roof:
    """A level of the memory hierarchy, and a read bandwidth (GB/s) of all cores of the setting.

    Of a point, it is the bandwidth at the size of its own working set.
    """

    level: str
    bandwidth_gb_s: float


@dataclass(frozen=True)
class RooflinePoint:
    """One row. Rates in GOPS, with 2 operations for a multiplication and its addition.

    ``roof`` is None where the machine's bandwidths or caches are unknown: then only the
    peak bounds.
    """

    case: Case
    row: Row
    operations: float  # real ones, a call
    bytes_moved: int  # a call: weights, indices, X and Y, each once
    peak_gops: float  # of all threads, in the row's own arithmetic
    roof: Roof | None

    @property
    def intensity(self) -> float:
        """Operations a byte."""
        return self.operations / self.bytes_moved

    @property
    def gops(self) -> float:
        """What was reached."""
        return self.operations / self.row.time_ns

    @property
    def bound_gops(self) -> float:
        if self.roof is None:
            return self.peak_gops
        return min(self.peak_gops, self.intensity * self.roof.bandwidth_gb_s)

    @property
    def bound_by(self) -> str:
        """``peak``, or the level of memory that bounds."""
        return "peak" if self.roof is None or self.bound_gops == self.peak_gops else self.roof.level

    @property
    def share(self) -> float:
        """Of its own bound, 1 being all of it."""
        return self.gops / self.bound_gops

    @property
    def suspect(self) -> bool:
        """Whether the share is more than can be, so that peak or bandwidth is wrong."""
        return self.share > SUSPECT_SHARE

    @property
    def dense_equivalent_gops(self) -> float:
        """Operations of the dense product over the time."""
        return 2 * self.row.m * self.row.k * self.row.n / self.row.time_ns


def roofs(machine: MachineFacts, threads: int = 1) -> list[Roof]:
    """The levels whose bandwidth is known, the fastest first.

    Measured on one core and multiplied by the threads, which for what cores share (the last
    level, DRAM) is an upper bound.
    """
    found = {
        level: machine.number("limits", "bandwidth_gb_s", level) for level in (*_LEVELS, "dram")
    }
    return [Roof(level, threads * bandwidth) for level, bandwidth in found.items() if bandwidth]


def roofline(cases: Iterable[Case], machine: MachineFacts) -> list[RooflinePoint]:
    """A point for each row that counts, knows its real operations and has a peak."""
    curve = BandwidthCurve.of(machine.pairs("limits", "bandwidth_curve"))
    points = (
        _point(case, row, machine, curve)
        for case in cases
        for row in case.rows.values()
        if counts(row)
    )
    return [point for point in points if point is not None]


def bytes_moved(row: Row) -> int:
    """Weights, indices, X and Y of a call, each once, by their types."""
    x, y = (row.dtype, "f32") if row.dtype in FLOAT_PEAKS else (row.dtype[:2], row.output)
    activations = row.k * _ITEM_BYTES[x] + row.m * _ITEM_BYTES[y]
    return (row.weight_bytes or 0) + (row.index_bytes or 0) + row.n * activations


def _point(
    case: Case, row: Row, machine: MachineFacts, curve: BandwidthCurve | None
) -> RooflinePoint | None:
    peak = peak_gops(row, machine)
    if peak is None or not row.gops_real or not row.weight_bytes:
        return None
    moved = bytes_moved(row)
    roof = _roof(moved, row.threads, machine, curve)
    return RooflinePoint(case, row, row.gops_real * row.time_ns, moved, peak, roof)


def peak_gops(row: Row, machine: MachineFacts) -> float | None:
    """Peak of the row's threads in its own arithmetic; None where nothing tells it.

    The control of an int8 row ran on as many threads in the same rounds. What is left to the
    machine's limits (one core, before the run) is f32, bf16, and rows without such a control.
    """
    is_int8 = row.dtype not in FLOAT_PEAKS
    if is_int8 and row.control == INT8_PEAK and row.control_ops and row.control_ns:
        return row.control_ops / row.control_ns
    limit = FLOAT_PEAKS.get(row.dtype, "int8_peak_gops")
    one_core = machine.number("limits", limit)
    return one_core * row.threads if one_core else None


def _roof(
    moved: int, threads: int, machine: MachineFacts, curve: BandwidthCurve | None
) -> Roof | None:
    """The fastest level that holds everything, at the bandwidth of as much as that."""
    level = _level(moved, threads, machine)
    if level is None:
        return None
    if curve is None:
        return next((roof for roof in roofs(machine, threads) if roof.level == level), None)
    return Roof(level, threads * curve.at(moved if level == "dram" else moved / threads))


def _level(moved: int, threads: int, machine: MachineFacts) -> str | None:
    """DRAM if no cache holds everything; None if a cache's size is unknown."""
    for level in _LEVELS:
        size = machine.number("caches", "l1d_bytes" if level == "l1" else f"{level}_bytes")
        if size is None:
            return None
        if moved <= _shared_by(level, threads) * size:
            return level
    return "dram"


def _shared_by(level: str, threads: int) -> int:
    """Caches of a level that the threads have together: the last one is shared."""
    return 1 if level == "l3" else threads
