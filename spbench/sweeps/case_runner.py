"""Runs cases here: makes their numbers, keeps the workers, turns measurements into rows."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Self

from threadpoolctl import threadpool_limits

from spbench.errors import RunError
from spbench.gemm.data import make_data
from spbench.gemm.reference import reference_result
from spbench.gemm.task import GemmTask
from spbench.measure.affinity import pinned, usable_cpus, worker_cpus
from spbench.measure.contestant import Measurement
from spbench.measure.protocol import measure_case
from spbench.measure.settings import Protocol
from spbench.measure.worker_process import WorkerProcess
from spbench.store.schema import Row, Status
from spbench.sweeps.case import Case
from spbench.sweeps.row import RowMaker
from spbench.sweeps.weight_of import WeightOf

BENCH = "spbench.gemm.bench:GemmBench"
CONTROL = "spbench.measure.control:ControlBench"


class CaseRunner:
    """Measures cases one by one on this machine. Use it as a context: it ends its workers.

    While it is open, this process stays on its first CPU and uses one thread, so
    that the workers have theirs for themselves.
    """

    def __init__(
        self,
        backends: Sequence[str],
        settings: Protocol,
        maker: RowMaker,
        weight_of: WeightOf = lambda problem: None,
    ):
        self._backends = backends
        self._weight_of = weight_of
        self._settings = settings
        self._maker = maker
        self._threads = 0
        self._workers: list[WorkerProcess] = []

    def __enter__(self) -> Self:
        self._cpus = usable_cpus()
        with ExitStack() as stack:
            stack.enter_context(pinned(self._cpus[:1]))
            stack.enter_context(threadpool_limits(1))
            self._folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="spbench-"))
            stack.callback(self._end_workers)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    def measure(self, case: Case) -> list[Row]:
        """One row for each backend, in their order, whatever becomes of them.

        Raises :class:`RunError` if the case's numbers find no room on the disk.
        """
        self._start_workers(case.threads)
        try:
            task, sparsity_real = self._make_task(case)
        except MemoryError:
            reason = "not enough memory for the case's numbers"
            lost = [Measurement(name, Status.FAILED, reason) for name in self._backends]
            return [self._maker.row(case, case.problem.sparsity, one) for one in lost]
        *workers, control = self._workers
        settings = self._settings if case.cache == "hot" else self._settings.of_single_calls()
        measurements = measure_case(workers, task, settings, threads=case.threads, control=control)
        return [self._maker.row(case, sparsity_real, one) for one in measurements]

    def _make_task(self, case: Case) -> tuple[GemmTask, float]:
        data = make_data(case.problem, self._weight_of(case.problem))
        reference = reference_result(data)
        try:
            task = GemmTask.write(data, reference, case.threads, self._folder, case.cache)
        except OSError as error:
            raise RunError(f"{self._folder}: {os.strerror(error.errno or 0)}") from error
        return task, data.weight.sparsity

    def _start_workers(self, threads: int) -> None:
        """Workers are pinned, and their pools sized, when they start; the lost ones are back.

        All are ready before the first prepares a case, so that no loading is timed as packing.
        """
        if threads != self._threads:
            self._end_workers()
            cpus = worker_cpus(threads, self._cpus)
            self._workers = [WorkerProcess(BENCH, name, threads, cpus) for name in self._backends]
            self._workers.append(WorkerProcess(CONTROL, "control", threads, cpus))
            self._threads = threads
        for worker in self._workers:
            worker.start()
        for worker in self._workers:
            worker.wait_until_ready(self._settings.case_timeout_s)

    def _end_workers(self) -> None:
        for worker in self._workers:
            worker.close()
