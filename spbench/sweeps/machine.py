"""The facts of this machine, as a run keeps them."""

from __future__ import annotations

from typing import Any


def machine(measure: bool) -> dict[str, Any]:
    """Facts of this machine, with its limits only if they shall be measured (about two seconds)."""
    from spbench.measure.machine import machine_facts  # loads the compiled module

    return machine_facts(measure)
