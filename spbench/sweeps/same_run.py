"""Whether a resumed run is still the same: its sweep, its machines."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from spbench.errors import InputError

Machines = Mapping[str, Mapping[str, Any]]


def require_same_sweep(path: Path, there: BaseModel, here: BaseModel) -> None:
    """Of products or of models. Raises :class:`InputError` naming the first key that differs.

    The model may be called another way here; its digest tells whether it is the same.
    """
    for key in type(there).model_fields:
        old, new = getattr(there, key), getattr(here, key)
        same = (old is None) == (new is None) if key == "from_model" else old == new
        if not same:
            raise InputError(
                f"{path} is another sweep's folder: {key} is {old} there, {new} here. "
                f"--resume needs no other options"
            )


def require_same_machines(path: Path, known: Machines, here: Machines, may_grow: bool) -> None:
    """Raises :class:`InputError` unless each host that is ``known`` runs what it ran.

    ``may_grow`` allows further hosts.
    """
    if not may_grow and not set(here) <= set(known):
        raise InputError(f"{path} was measured on another machine: start anew with --out")
    for host in set(here) & set(known):
        old, new = (machines[host].get("active_isa") for machines in (known, here))
        if old is not None and old != new:
            raise InputError(
                f"{path} was measured with the kernels for {old}, {new} would run now: "
                f"see SPBENCH_ISA, or start anew with --out"
            )
