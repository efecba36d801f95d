"""The executors by name."""

from __future__ import annotations

from pathlib import Path

from spbench.errors import InputError
from spbench.store.run_folder import RunFolder
from spbench.sweeps.executor import Executor
from spbench.sweeps.local_executor import LocalExecutor


def open_executor(name: str | None, address: str | None, resume: Path | None) -> Executor:
    """The executor ``name``; by default that of the run to ``resume``, or else ``local``.

    ``address`` is that of a Ray cluster. Raises :class:`InputError`, also if Ray is
    not installed or no cluster answers.
    """
    if name is None:
        name = "local" if resume is None else RunFolder.open(resume).head.get("executor", "local")
    if name == "ray":
        from spbench.sweeps.ray_executor import RayExecutor

        return RayExecutor(address)
    if address is not None:
        raise InputError("--address has no effect without --executor ray")
    return LocalExecutor()
