"""Which backends are here, and what they run on this CPU: each is asked in its own worker."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from spbench.backends import REGISTRY
from spbench.formats import BlockShape, GemmProblem
from spbench.gemm.bench import BackendFacts, GemmFacts
from spbench.gemm.data import make_data
from spbench.gemm.reference import reference_result
from spbench.gemm.task import GemmTask
from spbench.measure.affinity import usable_cpus, worker_cpus
from spbench.measure.bench import Prepared
from spbench.measure.player import PlayerFailed
from spbench.measure.worker_process import WorkerProcess
from spbench.sweeps.case_runner import BENCH
from spbench.sweeps.thread_count import require_cpus

_TIMEOUT_S = 60
_TRIED = ((BlockShape(4, 1), "s32"), (BlockShape(4, 4), "s32"), (BlockShape(4, 1), "u8"))


@dataclass(frozen=True)
class Entry:
    """One backend. ``implementation``, ``isa``, ``handicaps`` are those of a small product."""

    name: str
    available: bool
    title: str = ""
    version: str = ""
    implementation: str = ""
    isa: str = ""
    handicaps: str = ""
    note: str = ""  # how to get it, or what is wrong with it


def roll_call(threads: int = 1, names: Sequence[str] = tuple(REGISTRY)) -> list[Entry]:
    """Ask every backend in ``names``; one that cannot even answer says so in its note.

    Raises :class:`InputError` for more ``threads`` than there are CPUs.
    """
    require_cpus(threads)
    cpus = worker_cpus(threads, usable_cpus())
    workers = [WorkerProcess(BENCH, name, threads, cpus) for name in names]
    for worker in workers:
        worker.start()
    entries = []
    for worker in workers:
        with closing(worker), tempfile.TemporaryDirectory(prefix="spbench-") as folder:
            entries.append(_ask(worker, threads, folder))
    return entries


def _ask(worker: WorkerProcess, threads: int, folder: str) -> Entry:
    try:
        facts: BackendFacts = worker.ask("describe", timeout_s=_TIMEOUT_S).value
    except (PlayerFailed, TimeoutError) as error:
        return Entry(worker.name, available=False, note=str(error))
    here = facts.availability
    if not here.ok:
        note = here.install or here.reason
        return Entry(worker.name, available=False, title=facts.title, note=note)
    tried = _try(worker, threads, folder)
    gemm: GemmFacts = tried.facts or GemmFacts(dtype=facts.dtype)
    return Entry(
        name=worker.name,
        available=True,
        title=facts.title,
        version=here.version,
        implementation=gemm.implementation,
        isa=gemm.isa,
        handicaps=gemm.handicaps,
        note=tried.reason,
    )


def _try(worker: WorkerProcess, threads: int, folder: str) -> Prepared:
    """A small product, in the first pattern and output that the backend takes."""
    for pattern, output in _TRIED:
        problem = GemmProblem(m=64, k=64, n=16, pattern=pattern, sparsity=0.5, output=output)
        data = make_data(problem)
        task = GemmTask.write(data, reference_result(data), threads, folder)
        try:
            prepared = worker.ask("prepare", task, timeout_s=_TIMEOUT_S).value
        except (PlayerFailed, TimeoutError) as error:
            return Prepared("failed", str(error))
        if prepared.status != "unsupported":
            break
    return prepared
