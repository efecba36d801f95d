"""Rows on the roofline: what is counted, which roof bounds, what cannot be."""

from __future__ import annotations

import math

import pytest
from synthetic_runs import MACHINE, absent, row

from spbench.measure.bandwidth_curve import BandwidthCurve
from spbench.report.case import group_cases
from spbench.report.machine import MachineFacts
from spbench.report.roofline import roofline, roofs
from spbench.store.schema import Status

FLOAT_LIMITS = {"f32_peak_gflops": 117.0, "bf16_peak_gflops": 234.0}
WITH_F32 = {**MACHINE, "limits": MACHINE["limits"] | FLOAT_LIMITS}

CURVE = [[8 << 10, 200.0], [32 << 10, 220.0], [1 << 20, 100.0], [4 << 20, 80.0], [128 << 20, 30.0]]
WITH_CURVE = {**MACHINE, "limits": MACHINE["limits"] | {"bandwidth_curve": CURVE}}


def points_of(*rows, machine=MACHINE):
    return roofline(group_cases(rows), MachineFacts(machine))


def point_of(made, machine=MACHINE):
    (found,) = points_of(made, machine=machine)
    return found


def test_every_byte_is_counted_once_by_its_type():
    """768x768x128 at 80 %: weights, u16 indices, X as u8, Y as s32."""
    found = point_of(row("spbench", 1e6))
    weights = round(768 * 768 * 0.2)
    assert found.bytes_moved == weights + weights // 2 + 768 * 128 + 4 * 768 * 128
    assert found.operations == pytest.approx(2 * weights * 128)
    assert found.intensity == pytest.approx(found.operations / found.bytes_moved)
    assert found.gops == pytest.approx(2 * weights * 128 / 1e6)
    assert found.dense_equivalent_gops == pytest.approx(2 * 768 * 768 * 128 / 1e6)


@pytest.mark.parametrize(
    ("dtype", "output", "item_bytes"),
    [
        ("u8s8s32", "s32", 5),
        ("u8s8s32", "u8", 2),
        ("u8s8s32", "f32", 5),
        ("f32", "s32", 8),
        ("bf16", "s32", 6),
    ],
)
def test_activations_by_their_types(dtype, output, item_bytes):
    """An f32 library takes f32 and gives f32, whatever the problem asks of int8 ones.

    bf16 is summed in f32, which is the result.
    """
    found = point_of(row("numpy", 1e6, dtype=dtype, output=output), WITH_F32)
    assert found.bytes_moved - found.row.weight_bytes == item_bytes * 768 * 128


@pytest.mark.parametrize(
    ("sides", "level", "bound_by"),
    [
        ((64, 64, 64), "l1", "peak"),
        ((768, 768, 1), "l2", "l2"),
        ((768, 768, 1024), "l3", "peak"),
        ((4096, 4096, 1), "l3", "l3"),
        ((8192, 8192, 1), "dram", "dram"),
    ],
)
def test_the_level_that_holds_everything_bounds(sides, level, bound_by):
    m, k, n = sides
    found = point_of(row("onednn", 1e9, m=m, k=k, n=n))
    assert (found.roof.level, found.bound_by) == (level, bound_by)
    bandwidth = MACHINE["limits"]["bandwidth_gb_s"][level]
    assert found.bound_gops == pytest.approx(min(469.0, found.intensity * bandwidth))
    assert found.share == pytest.approx(found.gops / found.bound_gops)


def test_the_peak_is_that_of_the_rows_own_control():
    """50,000 operations in 125 ns, on all threads of the case together."""
    loop = {"control": "vpdpbusd_zmm", "control_ops": 50_000, "control_ns": 125.0}
    assert point_of(row("spbench", 1e6, **loop)).peak_gops == 400
    assert point_of(row("spbench", 1e6, threads=2, **loop)).peak_gops == 400
    assert point_of(row("spbench", 1e6)).peak_gops == 469
    assert point_of(row("spbench", 1e6, threads=2)).peak_gops == 2 * 469
    scalar = loop | {"control": "multiply_scalar"}
    assert point_of(row("spbench", 1e6, **scalar)).peak_gops == 469


def test_f32_has_a_peak_of_its_own():
    rows = row("numpy", 1e6, control="vpdpbusd_zmm", control_ops=50_000, control_ns=125.0)
    assert point_of(rows, WITH_F32).peak_gops == 117
    assert points_of(rows) == []


def test_bf16_has_a_peak_of_its_own():
    rows = row("spbench-bf16", 1e6, dtype="bf16", control="vpdpbusd_zmm")
    assert point_of(rows, WITH_F32).peak_gops == 234
    assert points_of(rows) == []


def test_a_share_that_cannot_be_is_flagged():
    operations = 2 * 768 * 768 * 128
    assert not point_of(row("onednn", operations / (1.01 * 469))).suspect
    found = point_of(row("onednn", operations / (1.04 * 469)))
    assert found.share == pytest.approx(1.04)
    assert found.suspect


def test_threads_have_more_of_everything_but_the_shared_cache():
    two = MachineFacts(MACHINE)
    assert [roof.bandwidth_gb_s for roof in roofs(two, 2)] == [424, 220, 190, 56]
    wide = point_of(row("onednn", 1e9, m=1024, k=1024, n=1, threads=2))
    assert wide.roof.level == "l2"
    assert point_of(row("onednn", 1e9, m=1024, k=1024, n=1)).roof.level == "l3"


def test_a_curve_never_rises_and_is_read_between_its_points():
    curve = BandwidthCurve.of(CURVE)
    assert [curve.at(size) for size, _ in CURVE] == [220, 220, 100, 80, 30]
    assert curve.at(2 << 20) == pytest.approx(90)
    assert (curve.at(100), curve.at(1 << 40)) == (220, 30)


@pytest.mark.parametrize("points", ["unknown", [], [[8192]], [[8192, "unknown"]], [8192, 20.0], {}])
def test_a_curve_that_is_none(points):
    machine = MachineFacts({"limits": {"bandwidth_curve": points}})
    assert BandwidthCurve.of(machine.pairs("limits", "bandwidth_curve")) is None
    assert not any("by size" in name for name, _ in machine.facts())


def test_with_a_curve_a_set_is_bounded_by_its_own_size():
    """1448x1448x1 has 2 MiB, which a set of half of L3 would bound by 95 GB/s."""
    found = point_of(row("onednn", 1e9, m=1448, k=1448, n=1), WITH_CURVE)
    assert found.bound_by == "l3"
    bandwidth = 100 - 20 * math.log2(found.bytes_moved / (1 << 20)) / 2
    assert found.bound_gops == pytest.approx(found.intensity * bandwidth)
    told = dict(MachineFacts(WITH_CURVE).facts())["Measured read bandwidth by size (GB/s)"]
    assert told == "8 KiB 200, 32 KiB 220, 1 MiB 100, 4 MiB 80, 128 MiB 30"


def test_threads_read_a_part_each_unless_no_cache_holds_all():
    wide = point_of(row("onednn", 1e9, m=1448, k=1448, n=1, threads=2), WITH_CURVE)
    assert wide.roof.level == "l3"
    curve = BandwidthCurve.of(CURVE)
    assert wide.roof.bandwidth_gb_s == pytest.approx(2 * curve.at(wide.bytes_moved / 2))
    huge = point_of(row("onednn", 1e9, m=8192, k=8192, n=1, threads=2), WITH_CURVE)
    assert huge.roof.level == "dram"
    assert huge.roof.bandwidth_gb_s == pytest.approx(2 * curve.at(huge.bytes_moved))


def test_a_machine_that_tells_little():
    unknown = {**MACHINE, "caches": {"l1d_bytes": "unknown"}}
    found = point_of(row("spbench", 1e6), unknown)
    assert found.roof is None
    assert found.bound_gops == 469 and found.bound_by == "peak"
    assert points_of(row("spbench", 1e6), machine={}) == []
    assert roofs(MachineFacts({})) == []


def test_rows_that_do_not_count_are_not_on_it():
    wrong = row("spbench", 1e6, status=Status.WRONG, reason="off by one")
    assert points_of(wrong, absent("onednn", Status.FAILED, "crashed")) == []
