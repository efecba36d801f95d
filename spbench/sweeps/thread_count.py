"""How many threads may be asked for."""

from __future__ import annotations

from spbench.errors import InputError
from spbench.measure.affinity import usable_cpus


def require_cpus(threads: int, what: str = "threads") -> None:
    """Raises :class:`InputError` unless this process may use a CPU for each of ``threads``.

    ``what`` is what the user calls them.
    """
    cpus = len(usable_cpus())
    if threads < 1:
        raise InputError(f"{what} {threads}: at least 1 is needed")
    if threads > cpus:
        raise InputError(f"{what} {threads}: this process may use {cpus} CPUs")
