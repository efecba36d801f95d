"""A choice of one sparsity for each layer: the least loss for what the model may cost.

Losses of layers are taken to add up. On the lower convex hull of its curve every step of a layer
has a price, loss saved for cost; steps are bought in the order of their price until the budget is
spent, which is the optimum of the relaxed problem (Everett, Generalized Lagrange Multiplier Method,
1963). The last step may be bought in part.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from spbench.errors import InputError


@dataclass(frozen=True)
class Option:
    """A sparsity that a layer may have, with its cost and its loss."""

    sparsity: float
    cost: float
    loss: float


def choose(options: Mapping[str, Sequence[Option]], budget: float) -> dict[str, float]:
    """A sparsity for each layer, such that costs add up to ``budget`` and losses to the least.

    Raises :class:`InputError` for a budget below what the cheapest options cost.
    """
    hulls = {name: _hull(found) for name, found in options.items()}
    chosen = {name: hull[0].sparsity for name, hull in hulls.items()}
    left = budget - sum(hull[0].cost for hull in hulls.values())
    if left < -1e-9 * abs(budget):
        share = sum(hull[0].cost for hull in hulls.values()) / budget
        raise InputError(
            f"the layers' highest sparsities still cost {share:.2f} times what is wanted; ask for "
            f"less, or raise max_sparsity"
        )
    steps = [
        (-(before.loss - after.loss) / (after.cost - before.cost), name, number)
        for name, hull in hulls.items()
        for number, (before, after) in enumerate(itertools.pairwise(hull))
    ]
    for _, name, number in sorted(steps):
        before, after = hulls[name][number : number + 2]
        price = after.cost - before.cost
        part = min(1.0, left / price)
        chosen[name] = before.sparsity + part * (after.sparsity - before.sparsity)
        left -= part * price
        if part < 1:
            break
    return chosen


def _hull(options: Sequence[Option]) -> list[Option]:
    """The lower convex hull by ascending cost and falling loss; what costs more for no less loss
    is left out, and so is what lies above a line between two others."""
    hull: list[Option] = []
    for option in sorted(options, key=lambda one: (one.cost, one.loss)):
        if hull and (option.cost <= hull[-1].cost or option.loss >= hull[-1].loss):
            continue
        while len(hull) > 1 and _slope(hull[-2], option) <= _slope(hull[-2], hull[-1]):
            hull.pop()
        hull.append(option)
    return hull


def _slope(one: Option, other: Option) -> float:
    return (other.loss - one.loss) / (other.cost - one.cost)
