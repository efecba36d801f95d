"""The methods by name. A new one is a file beside this one and a line here."""

from __future__ import annotations

from typing import Literal

from spbench.pruning.methods.base import Method
from spbench.pruning.methods.magnitude import Magnitude
from spbench.pruning.methods.second_order import SecondOrder
from spbench.pruning.methods.snip_momentum import SnipMomentum
from spbench.pruning.methods.wanda import Wanda

METHODS: dict[str, Method] = {
    method.name: method for method in (Magnitude(), Wanda(), SnipMomentum(), SecondOrder())
}
MethodName = Literal["magnitude", "wanda", "snip-momentum", "second-order"]


def method_named(name: MethodName) -> Method:
    """The method of that name."""
    return METHODS[name]
