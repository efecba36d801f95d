"""From what was measured to what is kept: one row for each backend of a case."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import Any

from spbench.gemm.bench import GemmFacts
from spbench.measure.contestant import Measurement
from spbench.measure.settings import Protocol
from spbench.measure.statistics import median_interval
from spbench.store.schema import Row, Status
from spbench.sweeps.case import Case
from spbench.sweeps.command import command

LOST_SHARE_LIMIT = 0.10
"""On one thread, CPU time is wall time unless other processes get the core in between."""


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
            reason="; ".join(filter(None, (measurement.reason, _lost_core(case, measurement)))),
            backend=measurement.name,
            implementation=facts.implementation,
            isa=facts.isa,
            m=problem.m,
            k=problem.k,
            n=problem.n,
            weights=problem.weights,
            pattern=str(problem.pattern),
            sparsity=problem.sparsity,
            sparsity_real=sparsity_real,
            dtype=facts.dtype,
            output=problem.output,
            threads=case.threads,
            cache=case.cache,
            seed=problem.seed,
            protocol=self.settings.model_dump()
            | {"calls": measurement.calls_per_turn, "placements": facts.placements},
            command=command(case, measurement.name, self.settings),
            **_costs(facts),
            **_times(case, facts, measurement),
        )


def _lost_core(case: Case, measurement: Measurement) -> str:
    """A remark if other processes had the core for a good part of the timed calls."""
    if case.threads != 1 or measurement.status is not Status.OK or not measurement.samples_ns:
        return ""
    shares = zip(measurement.cpu_samples_ns, measurement.samples_ns, strict=True)
    lost = 1 - statistics.median(cpu_ns / wall_ns for cpu_ns, wall_ns in shares)
    if lost < LOST_SHARE_LIMIT:
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
        "gops_dense_equivalent": case.problem.dense_ops / time.value,
        "gops_real": 2 * case.problem.n * stored_weights / time.value,
    }
