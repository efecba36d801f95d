"""Which placement of a case has which turn: every worker goes through them in its own order.

Were placement i of one backend always to meet placement i of another, the luck of that pair
would come back every few rounds, and rounds would look more alike than they are. So a
worker shuffles its placements anew for each cycle, and the pairs vary.
"""

from __future__ import annotations

import random


def placement_in_round(name: str, count: int, round_index: int) -> int:
    """The placement, 0 .. ``count - 1``, that the backend ``name`` uses in a round.

    Each cycle of ``count`` rounds holds every placement once, in an order that the name and
    the cycle determine.
    """
    cycle, place = divmod(round_index, count)
    order = list(range(count))
    random.Random(f"{name}:{cycle}").shuffle(order)
    return order[place]
