"""Where a model's time goes: every op's, beside the least that it can take."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from spbench.engine import Engine
from spbench.engine.compiled_encoder import GROUP_TOKENS
from spbench.measure.affinity import pinned, usable_cpus, worker_cpus
from spbench.measure.limits import measure_limits
from spbench.measure.machine import cache_sizes
from spbench.models.bound import Bound, Limits, Setting, bound_of
from spbench.models.loading import random_ids

NEAR = 0.85
"""Of its own bound: what is nearer has little to gain."""
_PEAK_TURNS = 50_000
_WARM_CALLS = 5
_LEAST_CALLS, _MOST_CALLS = 20, 1000


@dataclass(frozen=True)
class OpTime:
    """One op's, or those of one kind together.

    Attributes
    ----------
    name, kind, kernel, form : str
    time_ns : float
        Median over calls; of several threads their mean.
    bound : Bound or None
        The least time; None where the machine's limits are unknown.
    """

    name: str
    kind: str
    kernel: str
    form: str
    time_ns: float
    bound: Bound | None

    @property
    def share(self) -> float | None:
        """Of its own bound that it reaches."""
        return self.bound.time_ns / self.time_ns if self.bound and self.time_ns else None


@dataclass(frozen=True)
class Profile:
    """Ops in the order in which they run.

    Attributes
    ----------
    batch, tokens, threads, calls : int
    call_ns : float
        Median of whole calls, with what is between and around ops.
    ops : tuple of OpTime
    limits : Limits or None
    """

    batch: int
    tokens: int
    threads: int
    calls: int
    call_ns: float
    ops: tuple[OpTime, ...]
    limits: Limits | None

    @property
    def ops_ns(self) -> float:
        """All ops together."""
        return sum(op.time_ns for op in self.ops)

    @property
    def near_share(self) -> float | None:
        """Share of the ops' time in those at :data:`NEAR` of their own bound or more."""
        if self.limits is None:
            return None
        return sum(op.time_ns for op in self.ops if op.share and op.share >= NEAR) / self.ops_ns

    def by_kind(self) -> tuple[OpTime, ...]:
        """Kinds by their time, the longest first."""
        kinds = dict.fromkeys(op.kind for op in self.ops)
        together = (_sum([op for op in self.ops if op.kind == kind]) for kind in kinds)
        return tuple(sorted(together, key=lambda op: -op.time_ns))


def profile(engine: Engine, batch: int, tokens: int, seconds: float) -> Profile:
    """Measure the machine's bandwidth, then call ``engine`` again and again for ``seconds``.

    The calls are of ``batch`` sentences of ``tokens`` random tokens; between them the peaks are
    measured, so that both see the same machine. The process stays on as many cores as the engine
    has threads. Raises :class:`~spbench.errors.InputError` for more tokens than the model takes.
    """
    ids = random_ids(engine, batch, tokens)
    compiled, threads = engine.compiled, engine.compiled.num_threads
    engine(ids)
    limits = Limits.of(measure_limits(cache_sizes()))
    with pinned(worker_cpus(threads, usable_cpus())):
        rounds = list(_rounds(engine, ids, seconds, limits is not None))
    if limits is not None:
        peaks = np.max([each.peaks for each in rounds], axis=0)
        limits = replace(limits, int8_peak=float(peaks[0]), f32_peak=float(peaks[1]))
    setting = Setting(
        groups=-(-batch * tokens // GROUP_TOKENS),
        threads=threads,
        model_weight_bytes=compiled.weight_bytes,
        stage_weight_bytes=compiled.weight_bytes / engine.config.layers,
    )
    times = np.median([each.op_ns for each in rounds], axis=0) / threads
    ops = tuple(
        OpTime(
            op.name,
            op.kind,
            op.kernels[0],
            op.weight.form if op.weight else "",
            float(time_ns),
            limits and bound_of(op.demand.of(batch * tokens, batch * tokens**2), setting, limits),
        )
        for op, time_ns in zip(compiled.ops, times, strict=True)
    )
    call_ns = float(np.median([each.call_ns for each in rounds]))
    return Profile(batch, tokens, threads, len(rounds), call_ns, ops, limits)


@dataclass(frozen=True)
class _Round:
    """One call: its time, that of each op on all threads together, and the peaks beside it."""

    call_ns: int
    op_ns: list[int]
    peaks: tuple[float, float]  # int8, f32: operations a nanosecond, one core


def _rounds(engine: Engine, ids: np.ndarray, seconds: float, has_peaks: bool) -> Iterator[_Round]:
    from spbench.kernels._native import probe

    for _ in range(_WARM_CALLS):
        engine.time_by_op(ids)
    end = time.perf_counter() + seconds
    for count in range(_MOST_CALLS):
        if count >= _LEAST_CALLS and time.perf_counter() > end:
            break
        start = time.perf_counter_ns()
        times = engine.time_by_op(ids)
        call_ns = time.perf_counter_ns() - start
        peaks = (_rate(probe.vpdpbusd_zmm), _rate(probe.fma_f32_zmm)) if has_peaks else (0.0, 0.0)
        yield _Round(call_ns, list(times.values()), peaks)


def _rate(loop: Callable[[int], int]) -> float:
    """Of a fraction of a millisecond."""
    start = time.perf_counter_ns()
    return loop(_PEAK_TURNS) / (time.perf_counter_ns() - start)


def _sum(ops: list[OpTime]) -> OpTime:
    """Ops of one kind; each is named once, what most of the time is bound by stands for all."""
    bounds = [op.bound for op in ops if op.bound is not None]
    together = bounds and Bound(
        sum(bound.time_ns for bound in bounds), statistics.mode(bound.by for bound in bounds)
    )
    return OpTime(
        ops[0].kind,
        ops[0].kind,
        _names(op.kernel for op in ops),
        _names(op.form for op in ops),
        sum(op.time_ns for op in ops),
        together or None,
    )


def _names(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))
