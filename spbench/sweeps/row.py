"""From what was measured to what is kept: one row for each backend of a case."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import Any

from spbench.gemm.bench import GemmFacts
from spbench.measure.contestant import LOST_SHARE_LIMIT, Measurement
from spbench.measure.control import ControlFacts
from spbench.measure.settings import Protocol
from spbench.measure.statistics import median_interval
from spbench.store.schema import Row, Status
from spbench.sweeps.case import Case
from spbench.sweeps.command import command


@dataclass(frozen=True)
class RowMaker:
    """Makes rows of one run on one machine under one protocol."""

    run_id: str
    host: str
    settings: Protocol

    def row(self, case: Case, sparsity_real: float, measurement: Measurement) -> Row:
        """The row of one backend. Times are kept only if its numbers were right to the end."""
        problem = case.problem
        facts: GemmFacts = measurement.facts or GemmFacts(dtype="")
        return Row(
            run_id=self.run_id,
            case_id=case.case_id,
            host=self.host,
            status=measurement.status,
            reason="; ".join(filter(None, (measurement.reason, lost_core(measurement)))),
            backend=measurement.name,
            implementation=facts.implementation,
            isa=facts.isa,
            handicaps=facts.handicaps,
            m=problem.m,
            k=problem.k,
            n=problem.n,
            weights=problem.weights,
            pattern=str(problem.pattern),
            sparsity=problem.sparsity,
            sparsity_real=sparsity_real,
            dtype=facts.dtype,
            output=problem.output,
            epilogue=problem.epilogue,
            threads=case.threads,
            thread_pools=facts.thread_pools,
            threads_busy=facts.threads_busy,
            cache=case.cache,
            seed=problem.seed,
            protocol=self.settings.model_dump()
            | {"calls": measurement.calls_per_turn, "placements": facts.placements},
            command=command(case, measurement.name, self.settings),
            **_costs(facts),
            **_times(case, facts, measurement),
            **_control(measurement),
        )


def lost_share(measurement: Measurement) -> float | None:
    """Median share of a turn's wall time in which others had the core; None if it is not known.

    On one thread it is what CPU time lacks. Of several, it is the time that the one that waited
    longest was ready to run and had no core: the others wait for it.
    """
    shares = [share for share in measurement.lost_shares if share is not None]
    return statistics.median(shares) if shares else None


def lost_core(measurement: Measurement) -> str:
    """A remark if other processes had the core for a good part of the timed calls."""
    lost = lost_share(measurement)
    if measurement.status is not Status.OK or lost is None or lost <= LOST_SHARE_LIMIT:
        return ""
    return f"disturbed: other processes had its core for {lost:.0%} of the time"


def _costs(facts: GemmFacts) -> dict[str, Any]:
    sizes = facts.footprint
    return {
        "prepare_ns": facts.prepare_ns,
        "layout_ns": facts.layout_ns,
        "weight_bytes": sizes.weight_bytes if sizes else None,
        "index_bytes": sizes.index_bytes if sizes else None,
    }


def _times(case: Case, facts: GemmFacts, measurement: Measurement) -> dict[str, Any]:
    """Operations a nanosecond are GOPS."""
    if measurement.status is not Status.OK or not measurement.samples_ns:
        return {}
    time = median_interval(measurement.samples_ns)
    stored_weights = facts.footprint.stored_weights if facts.footprint else 0
    return {
        "time_ns": time.value,
        "time_ns_low": time.low,
        "time_ns_high": time.high,
        "cpu_time_ns": statistics.median(measurement.cpu_samples_ns),
        "samples_ns": measurement.samples_ns,
        "turns_repeated": measurement.turns_repeated,
        "disturbed_rounds": measurement.disturbed_rounds,
        "lost_share": lost_share(measurement),
        "gops_dense_equivalent": case.problem.dense_ops / time.value,
        "gops_real": 2 * case.problem.n * stored_weights / time.value,
    }


def _control(measurement: Measurement) -> dict[str, Any]:
    """The control in the rounds that the backend played; it goes on while others do."""
    control, rounds = measurement.control, len(measurement.samples_ns)
    if measurement.status is not Status.OK or control is None or rounds == 0:
        return {}
    facts: ControlFacts = control.facts
    samples_ns = control.samples_ns[:rounds]
    return {
        "control": facts.name,
        "control_ops": facts.ops,
        "control_samples_ns": samples_ns,
        "control_ns": statistics.median(samples_ns),
    }
