"""Which libraries are not installed: each is asked for in a worker of its own."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing

from spbench.measure.affinity import usable_cpus, worker_cpus
from spbench.measure.player import PlayerFailed
from spbench.measure.worker_process import WorkerProcess

_TIMEOUT_S = 60


def absent(bench: str, names: Iterable[str]) -> set[str]:
    """Those of ``names`` whose library is not there; ``bench`` is the class that knows them."""
    return {name for name in names if not _is_here(bench, name)}


def _is_here(bench: str, name: str) -> bool:
    with closing(WorkerProcess(bench, name, 1, worker_cpus(1, usable_cpus()))) as worker:
        try:
            return worker.ask("describe", timeout_s=_TIMEOUT_S).value.availability.ok
        except (PlayerFailed, TimeoutError):
            return True  # if only to fail
