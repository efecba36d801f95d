"""The least time of an op: what counts, and what bounds."""

from __future__ import annotations

import pytest

from spbench.engine.op import Work
from spbench.models.bound import Limits, Setting, bound_of

MIB = 1 << 20
MEASURED = {
    "int8_peak_gops": 400.0,
    "f32_peak_gflops": 100.0,
    "bandwidth_curve": [[MIB // 32, 200.0], [MIB, 100.0], [16 * MIB, 50.0]],
}
LIMITS = Limits.of(MEASURED)


def setting(groups: int = 1, threads: int = 1) -> Setting:
    return Setting(groups, threads, model_weight_bytes=16 * MIB, stage_weight_bytes=MIB)


def test_multiply_adds_of_both_kinds_add_up():
    found = bound_of(Work(4e6, 1e6, 0, 1000), setting(), LIMITS)
    assert found.by == "peak"
    assert found.time_ns == pytest.approx(4e6 / 400 + 1e6 / 100)


def test_weights_come_from_where_the_whole_model_lies_and_then_from_their_stage():
    once = bound_of(Work(1, 0, 0, 1e6), setting(), LIMITS)
    thrice = bound_of(Work(1, 0, 0, 1e6), setting(groups=3), LIMITS)
    assert once.by == thrice.by == "memory"
    assert once.time_ns == pytest.approx(1e6 / 50)
    assert thrice.time_ns == pytest.approx(1e6 / 50 + 2e6 / 100)


def test_activations_of_a_group_are_a_set_of_their_own():
    found = bound_of(Work(0, 0, 4 * MIB, 0), setting(groups=4), LIMITS)
    assert found.time_ns == pytest.approx(4 * MIB / 100)


def test_threads_share_out_work_and_have_caches_of_their_own():
    work = Work(4e6, 0, 0, 0)
    assert bound_of(work, setting(threads=2), LIMITS).time_ns == pytest.approx(4e6 / 400 / 2)
    work = Work(0, 0, 2 * MIB, 0)
    assert bound_of(work, setting(threads=2), LIMITS).time_ns == pytest.approx(2 * MIB / 100 / 2)


@pytest.mark.parametrize("missing", [{"int8_peak_gops": "unknown"}, {"bandwidth_curve": []}])
def test_without_limits_there_is_no_bound(missing):
    assert Limits.of(MEASURED | missing) is None
