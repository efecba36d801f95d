"""A comparison of runs as plain data: flat records, and the whole of it for JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from spbench.measure.statistics import CONFIDENCE, Interval, Verdict
from spbench.report.run_comparison.change import Change, MeanChange
from spbench.report.run_comparison.compare import RunComparison
from spbench.report.run_comparison.gate import Breach, Sight, losses
from spbench.report.run_comparison.machine_change import MachineChange


def change_record(change: Change) -> dict[str, Any]:
    """One case and backend: times in nanoseconds a call, ratios as A's time over B's."""
    row = change.cell.a[0]
    return {
        "case_id": row.case_id,
        "case": str(change.cell.case),
        "backend": row.backend,
        "host": row.host,
        "pattern": row.pattern,
        "threads": row.threads,
        "output": row.output,
        "epilogue": row.epilogue,
        "cache": row.cache,
        "a_time_ns": change.cell.a_ns,
        "b_time_ns": change.cell.b_ns,
        **_ratio(change.interval),
        "verdict": str(change.verdict),
        "remark": change.cell.remark,
    }


def mean_record(mean: MeanChange) -> dict[str, Any]:
    """The geometric mean over the cases of a backend."""
    return {
        "backend": mean.backend,
        "host": mean.host,
        "cases": mean.cases,
        **_ratio(mean.interval),
        "verdict": str(mean.verdict),
    }


def machine_record(machine: MachineChange) -> dict[str, Any]:
    """The control kernel's own times, in nanoseconds a call."""
    return {
        "control": machine.control,
        "host": machine.host,
        "a_time_ns": machine.a_ns,
        "b_time_ns": machine.b_ns,
        **_ratio(machine.interval),
    }


def document(
    comparison: RunComparison,
    found: Sequence[Breach] | None = None,
    sights: Sequence[Sight] = (),
) -> dict[str, Any]:
    """All of it; ``found`` are the gate's breaches, None without a gate; ``sights`` what it sees."""
    return {
        "a": [str(path) for path in comparison.a.paths],
        "b": [str(path) for path in comparison.b.paths],
        "adjusted": comparison.adjusted,
        "basis": comparison.basis,
        "confidence": CONFIDENCE,
        "indifference": comparison.indifference,
        "warnings": comparison.warnings,
        "machine": [machine_record(machine) for machine in comparison.machine],
        "means": [mean_record(mean) for mean in comparison.means],
        "changes": [change_record(change) for change in comparison.changes],
        "not_compared": [vars(each) for each in comparison.not_compared],
        "differences": [vars(each) for each in comparison.differences],
        "verdicts": counts(comparison),
        "breaches": None if found is None else [breach_record(each) for each in found],
        "lost": None if found is None else [vars(each) for each in losses(comparison.not_compared)],
        "sights": [vars(each) for each in sights],
    }


def breach_record(breach: Breach) -> dict[str, Any]:
    """What is slower than allowed; growth of the time as a share, 0.1 for 10 % more."""
    interval = breach.interval
    return {
        "what": breach.what,
        "growth": _finite(interval.value),
        "growth_low": _finite(interval.low),
        "growth_high": _finite(interval.high),
    }


def counts(comparison: RunComparison) -> dict[str, int]:
    """How many cases have each verdict: all three, so that none is hidden."""
    found = [change.verdict for change in comparison.changes]
    return {str(kind): found.count(kind) for kind in Verdict}


def _ratio(interval: Interval) -> dict[str, float | None]:
    return {
        "ratio": _finite(interval.value),
        "ratio_low": _finite(interval.low),
        "ratio_high": _finite(interval.high),
    }


def _finite(value: float) -> float | None:
    """JSON has no infinity."""
    return value if math.isfinite(value) else None
