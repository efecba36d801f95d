"""The time of every op of a small model."""

from __future__ import annotations

import pytest

from spbench.errors import InputError
from spbench.models import profile as module
from spbench.models.bound import Bound, Limits
from spbench.models.profile import OpTime, Profile, profile

MEASURED = {
    "int8_peak_gops": 400.0, "f32_peak_gflops": 100.0, "bandwidth_curve": [[1024, 100.0]]
}  # fmt: skip
LIMITS = Limits.of(MEASURED)


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(module, "measure_limits", lambda caches: MEASURED)
    monkeypatch.setattr(module, "_LEAST_CALLS", 3)


@pytest.mark.parametrize("threads", [1, 2])
def test_every_op_has_a_time_and_a_bound(make_engine, quick, threads):
    found = profile(make_engine(threads=threads), 3, 40, seconds=0)
    assert [op.name for op in found.ops][:3] == ["embedding", "embedding norm", "0 qkv"]
    assert all(op.time_ns > 0 and op.bound.time_ns > 0 for op in found.ops)
    assert (found.batch, found.tokens, found.threads, found.calls) == (3, 40, threads, 3)
    assert found.call_ns > 0
    assert sum(kind.time_ns for kind in found.by_kind()) == pytest.approx(found.ops_ns)
    assert len(found.by_kind()) == 8


def test_without_vpdpbusd_there_are_times_only(make_engine, quick, monkeypatch):
    monkeypatch.setattr(
        module, "measure_limits", lambda caches: MEASURED | {"int8_peak_gops": "unknown"}
    )
    found = profile(make_engine(), 1, 20, seconds=0)
    assert found.limits is None and found.near_share is None
    assert {kind.share for kind in found.by_kind()} == {None}


def test_more_tokens_than_the_model_takes(make_engine):
    with pytest.raises(InputError, match="at most 520"):
        profile(make_engine(), 1, 521, seconds=0)


def op(kind: str, time_ns: float, bound_ns: float, by: str = "peak") -> OpTime:
    return OpTime(f"0 {kind}", kind, f"{kind}_kernel", "", time_ns, Bound(bound_ns, by))


def test_kinds_are_sums_and_near_is_a_share_of_time():
    ops = (op("up", 10, 9), op("norm", 5, 1, "memory"), op("up", 20, 10), op("norm", 5, 1))
    found = Profile(1, 128, 1, 3, 50.0, ops, LIMITS)
    assert found.near_share == pytest.approx(10 / 40)
    up, norm = found.by_kind()
    assert (up.name, up.time_ns, up.bound.time_ns, up.kernel) == ("up", 30, 19, "up_kernel")
    assert norm.share == pytest.approx(0.2)


def test_an_op_too_short_for_the_clock_is_not_near():
    found = Profile(1, 1, 1, 3, 50.0, (op("up", 10, 9), op("rows", 0, 1)), LIMITS)
    assert found.near_share == 1
