"""Searches for the highest throughput under a limit here, one row for each runtime."""

from __future__ import annotations

from contextlib import ExitStack, closing
from functools import partial
from typing import Self

from threadpoolctl import threadpool_limits

from spbench.measure.affinity import usable_cpus
from spbench.measure.player import PlayerFailed
from spbench.models.bench import ModelFacts
from spbench.models.task import ModelTask
from spbench.models.workshop import Workshop
from spbench.store.model_row import ModelRow
from spbench.store.schema import Status
from spbench.sweeps.models.case_runner import NO_MEMORY, want_unpruned
from spbench.sweeps.models.config import LimitConfig
from spbench.sweeps.models.instances import Instances, Refused
from spbench.sweeps.models.limit_case import LimitCase
from spbench.sweeps.models.limit_row import Found, LimitRowMaker
from spbench.sweeps.models.limit_search import Trial, search


class LimitRunner:
    """Use it as a context."""

    def __init__(self, config: LimitConfig, run_id: str, host: str):
        self._config = config
        self._with_unpruned = want_unpruned(config.runtimes)
        self._maker = LimitRowMaker(run_id, host, config)

    def __enter__(self) -> Self:
        self._cpus = usable_cpus()
        with ExitStack() as stack:
            self._workshop = stack.enter_context(Workshop())
            stack.enter_context(threadpool_limits(1))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    def measure(self, case: LimitCase) -> list[ModelRow]:
        """One row for each runtime, in their order, whatever becomes of them.

        Raises :class:`RunError` if the case's numbers find no room on the disk.
        """
        try:
            task, sparsity = self._workshop.task(case.largest, self._with_unpruned)
        except MemoryError:
            lost, sparsity = Found(Status.FAILED, NO_MEMORY), case.largest.pruned.sparsity
            return [self._maker.row(case, sparsity, name, lost) for name in self._config.runtimes]
        return [
            self._maker.row(case, sparsity, name, self._found(case, task, name))
            for name in self._config.runtimes
        ]

    def _found(self, case: LimitCase, task: ModelTask, runtime: str) -> Found:
        tried: list[Trial] = []
        facts: ModelFacts | None = None
        status, reason = Status.OK, ""
        try:
            for count, threads in case.splits():
                with closing(Instances(runtime, count, threads, self._cpus)) as instances:
                    facts = facts or instances.facts(task, self._config)
                    tried += search(
                        partial(self._try, instances, task, case), case.limit_ns, self._config.batch
                    )
        except Refused as refused:
            status, reason = Status(refused.prepared.status), refused.prepared.reason
            facts = facts or refused.prepared.facts
        except (PlayerFailed, TimeoutError) as error:
            status, reason = Status.FAILED, str(error)
        return Found(status, reason, facts, tried)

    def _try(self, instances: Instances, task: ModelTask, case: LimitCase, batch: int) -> Trial:
        return instances.trial(task, batch, case.limit_ns, self._config)
