"""A backend at work on GEMM cases: what runs inside a worker process."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

import numpy as np

from spbench.backends import backend_class
from spbench.backends.base import Availability, Backend, Footprint
from spbench.gemm.check import check
from spbench.gemm.task import GemmTask
from spbench.measure.bench import Bench, Prepared
from spbench.measure.clock import SystemClock
from spbench.measure.timing import Timing

LAYOUT_REPEATS = 5

POOL_SLEEPS_S = 0.001
"""Pools are told to spin for a fraction of this between regions (see ``WorkerProcess``)."""


@dataclass(frozen=True)
class BackendFacts:
    """A backend as it presents itself before any case."""

    name: str
    title: str
    dtype: str
    sparse: bool
    availability: Availability


@dataclass(frozen=True)
class GemmFacts:
    """What a row says about the case beside its times."""

    dtype: str
    implementation: str = ""
    isa: str = ""
    prepare_ns: int | None = None
    layout_ns: int | None = None
    footprint: Footprint | None = None


class GemmBench(Bench):
    """The backend ``name`` on one case at a time."""

    def __init__(self, name: str):
        super().__init__(SystemClock())
        self._name = name
        self._class = backend_class(name)
        self._availability = self._class.available()
        self._backend: Backend | None = None
        self._reference: np.ndarray | None = None
        self._threads = 1

    def describe(self) -> BackendFacts:
        kind = self._class
        return BackendFacts(self._name, kind.title, kind.dtype, kind.sparse, self._availability)

    def prepare(self, task: GemmTask) -> Prepared:
        facts = GemmFacts(self._class.dtype)
        if not self._availability.ok:
            return Prepared("unavailable", _how_to_get(self._availability), facts=facts)
        if self._backend is None:
            self._backend = self._class()
        unsupported = self._backend.supports(task.problem, task.threads)
        if unsupported:
            return Prepared("unsupported", unsupported, facts=facts)
        return self._take_up(task)

    def _take_up(self, task: GemmTask) -> Prepared:
        backend = self._backend
        self._threads = task.threads
        data, self._reference = task.read()
        start_ns = self._clock.now_ns()
        backend.prepare(data, task.threads)
        prepared_ns = self._clock.now_ns()
        layout_ns = self._time_layout(data.x)
        call_ns = backend.run(1).wall_ns
        facts = GemmFacts(
            dtype=backend.dtype,
            implementation=backend.implementation(),
            isa=backend.isa(),
            prepare_ns=prepared_ns - start_ns,
            layout_ns=layout_ns,
            footprint=backend.footprint(),
        )
        wrong = self.check()
        return Prepared("wrong" if wrong else "ok", wrong, call_ns, facts)

    def _time_layout(self, x: np.ndarray) -> int:
        """Median of a few conversions: the first meets cold caches, the products do not."""
        times_ns = []
        for _ in range(LAYOUT_REPEATS):
            start_ns = self._clock.now_ns()
            self._backend.layout(x)
            times_ns.append(self._clock.now_ns() - start_ns)
        return int(statistics.median(times_ns))

    def run(self, count: int) -> Timing:
        return self._backend.run(count)

    def settle(self) -> None:
        """With several threads, wait until the library's pool has stopped looking for work."""
        if self._threads > 1:
            time.sleep(POOL_SLEEPS_S)

    def check(self) -> str:
        return check(self._backend.result(), self._reference, self._backend.tolerance)

    def release(self) -> None:
        self._reference = None
        if self._backend is not None:
            self._backend.release()


def _how_to_get(availability: Availability) -> str:
    return "; ".join(filter(None, (availability.reason, availability.install)))
