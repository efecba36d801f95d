"""A runtime at work on model cases: what runs inside a worker process."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from spbench.backends.base import Availability
from spbench.backends.runtimes import runtime_class
from spbench.backends.runtimes.base import OpTimes, Runtime
from spbench.measure.bench import Bench, Prepared
from spbench.measure.timing import Timing
from spbench.models.likeness import mean_cosine, unlike
from spbench.models.task import ModelTask

_POOL_SLEEPS_S = 0.001  # as in gemm.bench
_FIRST_CALLS = 10
"""After so many the search for a limit gives up, if none of them was within it."""


@dataclass(frozen=True)
class RuntimeFacts:
    """A runtime as it presents itself before any case."""

    name: str
    title: str
    dtype: str
    availability: Availability


@dataclass(frozen=True)
class ModelFacts:
    """What a row says about the case beside its times."""

    dtype: str
    implementation: str = ""
    handicaps: str = ""
    load_ns: int | None = None
    weight_bytes: int | None = None
    op_times: OpTimes | None = None
    cosine: float | None = None


class ModelBench(Bench):
    """The runtime ``name`` on one case at a time."""

    def __init__(self, name: str):
        super().__init__()
        self._class = runtime_class(name)
        self._name = name
        self._availability = self._class.available()
        self._runtime: Runtime | None = None
        self._reference: np.ndarray | None = None

    def describe(self) -> RuntimeFacts:
        kind = self._class
        return RuntimeFacts(self._name, kind.title, kind.dtype, self._availability)

    def prepare(self, task: ModelTask) -> Prepared:
        kind = self._class
        facts = ModelFacts(kind.dtype)
        if not self._availability.ok:
            said = (self._availability.reason, self._availability.install)
            return Prepared("unavailable", "; ".join(filter(None, said)), facts=facts)
        model = task.model(kind.unpruned)
        if model is None:
            return Prepared("unsupported", "the model before pruning is not known", facts=facts)
        runtime = kind()
        unsupported = runtime.supports(model)
        if unsupported:
            return Prepared("unsupported", unsupported, facts=facts)
        self._runtime, self._threads = runtime, task.threads
        self._reference = task.reference(kind.unpruned)
        runtime.convert(model)
        return self._load(task)

    def _load(self, task: ModelTask) -> Prepared:
        ids = task.ids()
        start_ns = self._clock.now_ns()
        self._runtime.load(ids, task.threads)
        self._runtime.run(1)
        load_ns = self._clock.now_ns() - start_ns
        self._tasks = f"/proc/{self._runtime.process_id()}/task"
        wrong = self.check()
        call_ns = self._runtime.run(1).wall_ns
        facts = ModelFacts(
            dtype=self._class.dtype,
            implementation=self._runtime.implementation(),
            handicaps=self._runtime.handicaps(),
            load_ns=load_ns,
            weight_bytes=self._runtime.weight_bytes(),
            op_times=self._runtime.op_times(),
            cosine=self._cosine(),
        )
        return Prepared("wrong" if wrong else "ok", wrong, call_ns, facts)

    def _cosine(self) -> float | None:
        result = self._runtime.result()
        if result.shape != self._reference.shape:
            return None
        cosine = mean_cosine(result, self._reference)
        return cosine if np.isfinite(cosine) else None

    def run(self, count: int) -> Timing:
        return self._runtime.run(count)

    def settle(self) -> None:
        """With several threads, wait until the runtime's pool has stopped looking for work."""
        if self._threads > 1:
            time.sleep(_POOL_SLEEPS_S)

    def check(self) -> str:
        return unlike(self._runtime.result(), self._reference)

    def stream(self, duration_ns: float, least_calls: int, limit_ns: float) -> list[Timing]:
        """Call after call, each timed, for ``duration_ns`` and ``least_calls``.

        Ends early, after a few calls, where they show that ``limit_ns`` is out of reach.
        """
        start_ns = self._clock.now_ns()
        calls = [self.timed(1)]
        while len(calls) < least_calls or self._clock.now_ns() - start_ns < duration_ns:
            calls.append(self.timed(1))
            if len(calls) == _FIRST_CALLS and min(call.wall_ns for call in calls) > limit_ns:
                break
        return calls

    def release(self) -> None:
        runtime, self._runtime, self._reference = self._runtime, None, None
        if runtime is not None:
            runtime.release()
