"""Nobody has a better place, and nobody always follows the same one."""

from collections import Counter
from itertools import pairwise

import pytest

from spbench.measure.turn_order import turn_order


def test_two_take_turns_at_being_first():
    assert [turn_order(2, index) for index in range(4)] == [[0, 1], [1, 0], [0, 1], [1, 0]]


@pytest.mark.parametrize("count", range(1, 9))
def test_every_round_holds_everyone_once(count):
    for index in range(4 * count):
        assert sorted(turn_order(count, index)) == list(range(count))


@pytest.mark.parametrize("count", range(2, 9))
def test_places_and_predecessors_are_balanced(count):
    rounds = [turn_order(count, index) for index in range(2 * count)]
    places = Counter((place, who) for order in rounds for place, who in enumerate(order))
    pairs = Counter(pair for order in rounds for pair in pairwise(order))
    assert set(places.values()) == {2}
    assert len(pairs) == count * (count - 1) and len(set(pairs.values())) == 1
