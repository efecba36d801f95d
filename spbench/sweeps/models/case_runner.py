"""Runs model cases here: makes their numbers, keeps the workers, turns measurements into rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from typing import Self

from threadpoolctl import threadpool_limits

from spbench.backends.runtimes import runtime_class
from spbench.measure.affinity import pinned, usable_cpus, worker_cpus
from spbench.measure.contestant import Measurement
from spbench.measure.protocol import measure_case
from spbench.measure.worker_process import WorkerProcess
from spbench.models.case import ModelCase
from spbench.models.workshop import Workshop
from spbench.store.model_row import ModelRow
from spbench.store.schema import Status
from spbench.sweeps.models.config import BenchConfig
from spbench.sweeps.models.row import ModelRowMaker

BENCH = "spbench.models.bench:ModelBench"
NO_MEMORY = "not enough memory for the case's numbers"


def want_unpruned(runtimes: Iterable[str]) -> bool:
    """Whether any of them runs the model as it was before pruning."""
    return any(runtime_class(name).unpruned for name in runtimes)


class ModelCaseRunner:
    """Measures cases one by one on this machine. Use it as a context: it ends its workers.

    While numbers are measured, this process stays on its first CPU and uses one thread.
    """

    def __init__(self, config: BenchConfig, run_id: str, host: str):
        self._runtimes = config.runtimes
        self._with_unpruned = want_unpruned(config.runtimes)
        self._settings = config.protocol
        self._maker = ModelRowMaker(run_id, host, config.protocol)
        self._threads = 0
        self._workers: list[WorkerProcess] = []

    def __enter__(self) -> Self:
        self._cpus = usable_cpus()
        with ExitStack() as stack:
            self._workshop = stack.enter_context(Workshop())
            stack.enter_context(pinned(self._cpus[:1]))
            stack.enter_context(threadpool_limits(1))
            stack.callback(self._end_workers)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    def measure(self, case: ModelCase) -> list[ModelRow]:
        """One row for each runtime, in their order, whatever becomes of them.

        Raises :class:`RunError` if the case's numbers find no room on the disk.
        """
        try:
            task, sparsity = self._workshop.task(case, self._with_unpruned)
        except MemoryError:
            measured = [Measurement(name, Status.FAILED, NO_MEMORY) for name in self._runtimes]
            return self._rows(case, case.pruned.sparsity, measured)
        self._start_workers(case.threads)
        measured = measure_case(self._workers, task, self._settings, threads=case.threads)
        return self._rows(case, sparsity, measured)

    def _rows(
        self, case: ModelCase, sparsity: float, measured: Sequence[Measurement]
    ) -> list[ModelRow]:
        return [self._maker.row(case, sparsity, one) for one in measured]

    def _start_workers(self, threads: int) -> None:
        """Workers are pinned, and their pools sized, when they start; the lost ones are back."""
        if threads != self._threads:
            self._end_workers()
            cpus = worker_cpus(threads, self._cpus)
            self._workers = [WorkerProcess(BENCH, name, threads, cpus) for name in self._runtimes]
            self._threads = threads
        for worker in self._workers:
            worker.start()

    def _end_workers(self) -> None:
        for worker in self._workers:
            worker.close()
