"""A backend at work on GEMM cases: what runs inside a worker process."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from spbench.backends import backend_class
from spbench.backends.base import Availability, Backend, Footprint
from spbench.formats import GemmData
from spbench.gemm.check import check
from spbench.gemm.data import narrow
from spbench.gemm.placement_order import placement_in_round
from spbench.gemm.task import GemmTask
from spbench.measure.bench import Bench, Prepared
from spbench.measure.clock import SystemClock
from spbench.measure.cold_caches import ColdCaches
from spbench.measure.machine import cache_sizes
from spbench.measure.thread_pools import busy_threads, core_times, thread_pools
from spbench.measure.timing import Timing

LAYOUT_REPEATS = 5

POOL_SLEEPS_S = 0.001
"""Pools are told to spin for a fraction of this between regions (see ``WorkerProcess``)."""

COUNTED_NS = 5_000_000
"""Products are repeated for so long to see which threads work on them."""

MOST_PLACEMENTS = 8
PLACED_BYTES = 2 << 20
"""Memory for all placements of a case together; one larger than half of it has one placement."""


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
    handicaps: str = ""
    prepare_ns: int | None = None
    layout_ns: int | None = None
    footprint: Footprint | None = None
    placements: int = 1
    thread_pools: str = ""
    threads_busy: int | None = None


class GemmBench(Bench):
    """The backend ``name`` on one case at a time.

    Where a small case happens to lie in memory is worth some percent of its time (Mytkowicz
    et al., ASPLOS 2009) and stays for as long as the process keeps it there, so that more rounds
    would only confirm the luck. So the case is laid out several times and the rounds take the
    placements in turn (``placement_order``): luck becomes noise, which intervals show.
    """

    def __init__(self, name: str):
        super().__init__(SystemClock())
        self._name = name
        self._class = backend_class(name)
        self._availability = self._class.available()
        self._placements: list[Backend] = []  # made only where the library is available
        self._placement = 0
        self._is_new = True
        self._reference: np.ndarray | None = None
        self._cache = "hot"

    def describe(self) -> BackendFacts:
        kind = self._class
        return BackendFacts(self._name, kind.title, kind.dtype, kind.sparse, self._availability)

    def prepare(self, task: GemmTask) -> Prepared:
        facts = GemmFacts(self._class.dtype)
        if not self._availability.ok:
            return Prepared("unavailable", _how_to_get(self._availability), facts=facts)
        if not self._placements:
            self._placements.append(self._class())
        unsupported = self._placements[0].supports(task.problem, task.threads)
        if unsupported:
            return Prepared("unsupported", unsupported, facts=facts)
        return self._take_up(task)

    def _take_up(self, task: GemmTask) -> Prepared:
        backend = self._placements[0]
        self._placement = 0
        self._threads = task.threads
        self._cache = task.cache
        data, self._reference = task.read()
        if backend.activation_bits < 8:
            from spbench.gemm.reference import reference_result

            data = narrow(data, backend.activation_bits)
            self._reference = reference_result(data)
        self._x = data.x
        self._have_imported(backend, data)
        prepare_ns = [self._time_prepare(backend, data)]
        layout_ns = self._time_layout(backend, data.x)
        call_ns = backend.run(1).wall_ns
        if task.cache == "hot":
            prepare_ns += self._place_anew(data, placements_of(backend.footprint(), data))
        wrong = self.check()
        facts = GemmFacts(
            dtype=backend.dtype,
            implementation=backend.implementation(),
            isa=backend.isa(),
            prepare_ns=int(statistics.median(prepare_ns)),
            handicaps=backend.handicaps(),
            layout_ns=layout_ns,
            footprint=backend.footprint(),
            placements=len(self._placements),
            thread_pools=thread_pools(),
            threads_busy=self._count_threads(backend),
        )
        return Prepared("wrong" if wrong else "ok", wrong, call_ns, facts)

    def _have_imported(self, backend: Backend, data: GemmData) -> None:
        """The first preparation of a process loads modules and the library: nobody's packing."""
        if self._is_new:
            self._is_new = False
            backend.prepare(data, self._threads)
            backend.release()

    def _time_prepare(self, backend: Backend, data: GemmData) -> int:
        start_ns = self._clock.now_ns()
        backend.prepare(data, self._threads)
        return self._clock.now_ns() - start_ns

    def _time_layout(self, backend: Backend, x: np.ndarray) -> int:
        """Median of a few conversions: the first meets cold caches, the products do not."""
        timings = [backend.layout(x) for _ in range(LAYOUT_REPEATS)]
        return int(statistics.median(timing.wall_ns for timing in timings))

    def _count_threads(self, backend: Backend) -> int | None:
        """How many threads work on the product; those that are awake to wait for them count."""
        before, spent_ns = core_times(), 0
        while spent_ns < COUNTED_NS:
            spent_ns += backend.run(1).wall_ns
        time.sleep(POOL_SLEEPS_S)  # what a thread has used is told when it leaves its core
        return busy_threads(before, core_times())

    def _place_anew(self, data: GemmData, count: int) -> list[int]:
        """The same case ``count`` times, each with memory of its own; what preparing took."""
        times_ns = []
        while len(self._placements) < count:
            backend = self._class()
            self._placements.append(backend)
            times_ns.append(self._time_prepare(backend, data))
            backend.layout(data.x)
            backend.run(1)
        return times_ns

    def turn(self, round_index: int, count: int, hot_ns: float) -> Timing:
        """As every turn, in the placement of this round."""
        self._placement = placement_in_round(self._name, len(self._placements), round_index)
        if self._cache != "hot":
            return self._cold_turn(count)
        return super().turn(round_index, count, hot_ns)

    def _cold_turn(self, count: int) -> Timing:
        """``count`` calls, each timed alone, after the caches were emptied and what may be hot touched."""
        calls = []
        for _ in range(count):
            self._cold_caches.empty(self._threads)
            if self._cache == "cold-weights":
                self._placements[self._placement].layout(self._x)
            calls.append(self.timed(1))
        self.settle()
        return Timing.together(calls)

    @cached_property
    def _cold_caches(self) -> ColdCaches:
        return ColdCaches(cache_sizes())

    def run(self, count: int) -> Timing:
        return self._placements[self._placement].run(count)

    def settle(self) -> None:
        """With several threads, wait until the library's pool has stopped looking for work."""
        if self._threads > 1:
            time.sleep(POOL_SLEEPS_S)

    def check(self) -> str:
        for backend in self._placements:
            wrong = check(backend.result(), self._reference, backend.tolerance)
            if wrong:
                return wrong
        return ""

    def release(self) -> None:
        self._reference = self._x = None
        for backend in self._placements:
            backend.release()
        del self._placements[1:]


def placements_of(footprint: Footprint, data: GemmData) -> int:
    """How often a case is laid out in memory: the smaller it is, the more."""
    outputs = 4 * data.problem.m * data.problem.n
    size = footprint.weight_bytes + footprint.index_bytes + data.x.nbytes + outputs
    return max(1, min(MOST_PLACEMENTS, PLACED_BYTES // size))


def _how_to_get(availability: Availability) -> str:
    return "; ".join(filter(None, (availability.reason, availability.install)))
