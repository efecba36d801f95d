"""The curve: which sizes, what counts, what stands for a level."""

from itertools import pairwise

import pytest
from fake_time import FakeClock

from spbench.measure import bandwidth, rate
from spbench.measure.bandwidth import curve_sizes, level_sizes, read_curve

KIB, MIB = 1 << 10, 1 << 20
CACHES = {"l1d_bytes": 32 * KIB, "l2_bytes": MIB, "l3_bytes": 2 * MIB}


@pytest.fixture
def clock(monkeypatch):
    clock = FakeClock()
    for name in ("perf_counter", "thread_time"):
        monkeypatch.setattr(rate.time, name, lambda: clock.now_ns() / 1e9)
    return clock


def test_sizes_are_closest_where_a_cache_ends():
    sizes = curve_sizes(CACHES)
    assert sizes == sorted(set(sizes))
    assert sizes[0] == 8 * KIB and sizes[-1] == 8 * MIB
    for cache in CACHES.values():
        assert {cache // 2, cache * 3 // 4, cache, cache * 5 // 4} <= set(sizes)
    assert max(high / low for low, high in pairwise(sizes)) <= 4


@pytest.mark.parametrize(
    ("caches", "largest"),
    [
        ({}, 128 * MIB),
        ({"l1d_bytes": 48 * KIB, "l2_bytes": "unknown", "l3_bytes": "unknown"}, 128 * MIB),
        ({"l1d_bytes": 64 * KIB, "l2_bytes": MIB + 3, "l3_bytes": "unknown"}, 4 * MIB),
        (CACHES | {"l3_bytes": 384 * MIB}, 256 * MIB),
    ],
)
def test_sizes_of_odd_machines(caches, largest):
    sizes = curve_sizes(caches)
    assert sizes[0] == 8 * KIB and sizes[-1] == largest
    assert not any(size % KIB for size in sizes)
    assert {size for size in level_sizes(caches).values() if size} <= set(sizes)


def test_a_level_is_half_of_its_cache():
    assert level_sizes(CACHES) == {"l1": 16 * KIB, "l2": MIB // 2, "l3": MIB, "dram": 8 * MIB}
    assert level_sizes({}) == {"l1": None, "l2": None, "l3": None, "dram": 128 * MIB}


def test_the_best_chunk_of_each_size_counts(clock):
    """One place in memory is slow, and the second time that a size is gone through is disturbed."""
    seen: dict[int, list[int]] = {}

    def read(memory, turns):
        places = seen.setdefault(memory.nbytes, [])
        if memory.ctypes.data not in places:
            places.append(memory.ctypes.data)
        slow = len(places) != 3
        clock.advance(turns * memory.nbytes / (50 if memory.nbytes <= MIB else 25) * (1 + slow))
        return turns * memory.nbytes

    curve = dict(read_curve(CACHES, read))
    assert list(curve) == curve_sizes(CACHES)
    assert curve[8 * KIB] == curve[MIB] == pytest.approx(50, rel=0.01)
    assert curve[2 * MIB] == pytest.approx(25, rel=0.01)
    assert all(len(places) == bandwidth._PLACES for size, places in seen.items() if size < 8 * MIB)
