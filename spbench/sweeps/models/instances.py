"""Several processes that answer at the same time, each on cores of its own."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import chain
from typing import Any

from spbench.measure.affinity import worker_cpus
from spbench.measure.bench import Prepared
from spbench.measure.contestant import LOST_SHARE_LIMIT, lost_of
from spbench.measure.statistics import median_interval
from spbench.measure.timing import Timing
from spbench.measure.worker_process import WorkerProcess
from spbench.models.task import ModelTask
from spbench.sweeps.models.case_runner import BENCH
from spbench.sweeps.models.config import LimitConfig
from spbench.sweeps.models.limit_search import Trial
from spbench.sweeps.models.row import p99_ns

_WARM_UP_NS = 50e6


class Refused(Exception):
    """An instance that has no result: how it presented itself."""

    def __init__(self, prepared: Prepared):
        super().__init__(prepared.reason)
        self.prepared = prepared


class Instances:
    """``count`` workers of one runtime with ``threads`` each. Close it in the end."""

    def __init__(self, runtime: str, count: int, threads: int, cpus: Sequence[int]):
        self._threads = threads
        mine = worker_cpus(count * threads, list(cpus))
        shares = [mine[first : first + threads] for first in range(0, len(mine), threads)]
        self._workers = [WorkerProcess(BENCH, runtime, threads, share) for share in shares]
        self._pool = ThreadPoolExecutor(count)
        for worker in self._workers:
            worker.start()

    def trial(self, task: ModelTask, batch: int, limit_ns: float, settings: LimitConfig) -> Trial:
        """Answer ``batch`` sentences a call with all of them at once.

        Calls that lost their core to other processes are left out, unless all did. Raises
        :class:`Refused`, :class:`PlayerFailed` or TimeoutError.
        """
        task = replace(task, batch=batch, threads=self._threads)
        prepared = self._ask_all(settings.timeout_s, "prepare", task)
        for one in prepared:
            if one.status != "ok":
                raise Refused(one)
        self._ask_all(settings.timeout_s, "warm_up", _WARM_UP_NS)
        streams = self._ask_all(
            settings.timeout_s, "stream", settings.trial_s * 1e9, settings.least_calls, limit_ns
        )
        wrong = next(filter(None, self._ask_all(settings.timeout_s, "check")), "")
        self._ask_all(settings.timeout_s, "release")
        if wrong:
            raise Refused(replace(prepared[0], status="wrong", reason=f"after timing: {wrong}"))
        return trial_of(streams, batch, self._threads)

    def facts(self, task: ModelTask, settings: LimitConfig) -> Any:
        """What the runtime says about itself (``ModelFacts``)."""
        task = replace(task, batch=1, threads=self._threads)
        prepared = self._workers[0].ask("prepare", task, timeout_s=settings.timeout_s).value
        self._workers[0].ask("release", timeout_s=settings.timeout_s)
        if prepared.status != "ok":
            raise Refused(prepared)
        return prepared.facts

    def _ask_all(self, timeout_s: float, method: str, *args: Any) -> list[Any]:
        """Each is asked from a thread of its own, so that they work at the same time."""
        asked = [
            self._pool.submit(worker.ask, method, *args, timeout_s=timeout_s)
            for worker in self._workers
        ]
        return [one.result().value for one in asked]

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        for worker in self._workers:
            worker.close()


def trial_of(streams: Sequence[Sequence[Timing]], batch: int, threads: int) -> Trial:
    """What all instances did together; the one with the slowest calls has the 99th percentile."""
    kept = [_undisturbed(calls, threads) or calls for calls in streams]
    walls = [[call.wall_ns for call in calls] for calls in kept]
    rates = [len(calls) / sum(calls) for calls in walls]
    undisturbed = sum(len(_undisturbed(calls, threads)) for calls in streams)
    return Trial(
        instances=len(streams),
        threads=threads,
        batch=batch,
        time_ns=median_interval(list(chain(*walls))),
        p99_ns=max(map(p99_ns, walls)),
        throughput=batch * sum(rates) * 1e9,
        lost_share=1 - undisturbed / sum(map(len, streams)),
    )


def _undisturbed(calls: Sequence[Timing], threads: int) -> Sequence[Timing]:
    return [call for call in calls if (lost_of(call, threads) or 0.0) <= LOST_SHARE_LIMIT]
