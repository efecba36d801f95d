"""Who follows whom: the order of turns in a round.

A backend can leave the caches, the clock frequency and the memory bus in a state
that its successor pays for. So the order changes from round to round as in a
Williams design (Williams, Australian Journal of Scientific Research, 1949): within
a cycle of n rounds (2n if n is odd) every backend takes every place equally often
and follows every other backend equally often. For two it is A B, B A, A B ...
"""

from __future__ import annotations


def turn_order(count: int, round_index: int) -> list[int]:
    """Places 0 .. count-1 in the order of their turns in round ``round_index``."""
    zigzag = [(place + 1) // 2 if place % 2 else -(place // 2) for place in range(count)]
    order = [(place + round_index) % count for place in zigzag]
    mirrored = count % 2 == 1 and (round_index // count) % 2 == 1
    return order[::-1] if mirrored else order
