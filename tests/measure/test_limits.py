"""Rates by a clock that only the probes move."""

import numpy as np
import pytest
from fake_time import FakeClock

from spbench.kernels._native import probe
from spbench.measure import limits, rate

CACHES = {"l1d_bytes": 32 << 10, "l2_bytes": 1 << 20, "l3_bytes": 1 << 20}


@pytest.fixture
def clock(monkeypatch):
    clock = FakeClock()
    for name in ("perf_counter", "thread_time"):
        monkeypatch.setattr(rate.time, name, lambda: clock.now_ns() / 1e9)
    return clock


def test_what_is_done_over_what_it_took(clock, monkeypatch):
    def multiply(turns):
        clock.advance(turns * 10)
        return turns * 2048

    def read(memory, turns):
        clock.advance(turns * memory.nbytes / 50)
        return turns * memory.nbytes

    features = ["avx512f", "avx512vnni", "avx512bf16"]
    monkeypatch.setattr(limits, "_features", lambda: features)
    monkeypatch.setattr(probe, "vpdpbusd_zmm", multiply)
    monkeypatch.setattr(probe, "fma_f32_zmm", lambda turns: multiply(turns) // 4)
    monkeypatch.setattr(probe, "vdpbf16ps_zmm", lambda turns: multiply(turns) // 2)
    monkeypatch.setattr(probe, "read_zmm", read)
    found = limits.measure_limits(CACHES)
    assert found["int8_peak_gops"] == pytest.approx(204.8, abs=0.1)
    assert found["f32_peak_gflops"] == pytest.approx(51.2, abs=0.1)
    assert found["bf16_peak_gflops"] == pytest.approx(102.4, abs=0.1)
    assert found["bandwidth_gb_s"] == dict.fromkeys(("l1", "l2", "l3", "dram"), 50)
    assert [speed for _, speed in found["bandwidth_curve"]] == [50] * len(found["bandwidth_curve"])


def test_a_core_that_others_have_meanwhile_changes_nothing(clock, monkeypatch):
    """A call costs 1 us beside its turns; the core is away for 5 ms in every call."""
    mine = FakeClock()
    monkeypatch.setattr(rate.time, "thread_time", lambda: mine.now_ns() / 1e9)

    def run(turns):
        mine.advance(1000 + turns * 100)
        clock.advance(5e6 + 1000 + turns * 100)
        return turns

    assert rate.best_rate(run, 0.15) == pytest.approx(1e7, rel=1e-3)


def test_the_best_chunk_counts(clock):
    chunks = iter([1, 2, 1, 2, 1])

    def run(turns):
        clock.advance(turns * 100 * next(chunks, 2))
        return turns

    assert rate.best_rate(run, 0.15) == pytest.approx(1e7, rel=1e-3)


def test_what_the_cpu_lacks_is_unknown(monkeypatch):
    monkeypatch.setattr(limits, "_features", list)
    assert limits._peak("vpdpbusd_zmm", "avx512vnni") == "unknown"
    assert limits._reader() is probe.read_scalar


def test_a_level_whose_cache_is_not_told_is_unknown(monkeypatch):
    monkeypatch.setattr(limits, "read_curve", lambda caches, read: [(128 << 20, 30.0)])
    monkeypatch.setattr(limits, "_features", list)
    found = limits.measure_limits({"l1d_bytes": "unknown"})
    assert found["bandwidth_gb_s"] == dict.fromkeys(("l1", "l2", "l3"), "unknown") | {"dram": 30.0}
    assert found["bandwidth_curve"] == [[128 << 20, 30.0]]


def test_probes_count_what_they_do():
    memory = np.ones(4096, np.uint8)
    assert probe.read_scalar(memory, 3) == 3 * 4096
    features = limits._features()
    if "avx512f" in features:
        assert probe.read_zmm(memory, 3) == 3 * 4096
        assert probe.fma_f32_zmm(5) == 5 * 16 * 16 * 2
    if "avx512bf16" in features:
        assert probe.vdpbf16ps_zmm(5) == 5 * 16 * 32 * 2
    if "avx512vnni" in features:
        assert probe.vpdpbusd_zmm(5) == 5 * 16 * 64 * 2
