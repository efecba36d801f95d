"""Every placement in every cycle, and no two workers in step."""

import pytest

from spbench.gemm.placement_order import placement_in_round


def rounds(name, count, number):
    return [placement_in_round(name, count, index) for index in range(number)]


@pytest.mark.parametrize("count", [1, 2, 5, 8])
def test_a_cycle_holds_every_placement_once(count):
    order = rounds("a", count, 6 * count)
    for start in range(0, len(order), count):
        assert sorted(order[start : start + count]) == list(range(count))


def test_pairs_vary():
    pairs = list(zip(rounds("spbench", 8, 48), rounds("onednn", 8, 48), strict=True))
    assert len(set(pairs)) > 24  # in step, there would be 8; independent draws give about 34


def test_the_order_is_the_same_in_every_process():
    assert rounds("spbench", 8, 16) == rounds("spbench", 8, 16)
    assert rounds("spbench", 8, 8) != list(range(8))
