"""From what was measured to what is kept: one row for each runtime of a case."""

from __future__ import annotations

import shlex
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from spbench.backends.runtimes import runtime_class
from spbench.measure.contestant import Measurement
from spbench.measure.settings import Protocol
from spbench.measure.statistics import median_interval
from spbench.models.bench import ModelFacts
from spbench.models.case import ModelCase
from spbench.store.model_row import ModelRow
from spbench.store.schema import Status
from spbench.sweeps.command import environment
from spbench.sweeps.models.config import ModelProtocol
from spbench.sweeps.row import lost_core, lost_share

_NS = 1e9


@dataclass(frozen=True)
class ModelRowMaker:
    """Makes rows of one run on one machine under one protocol."""

    run_id: str
    host: str
    settings: ModelProtocol

    def row(self, case: ModelCase, sparsity_real: float, measurement: Measurement) -> ModelRow:
        """The row of one runtime. Times are kept only if its numbers were right to the end."""
        facts: ModelFacts = measurement.facts or ModelFacts(dtype="")
        return ModelRow(
            run_id=self.run_id,
            case_id=case.case_id,
            host=self.host,
            status=measurement.status,
            reason="; ".join(filter(None, (measurement.reason, lost_core(measurement)))),
            batch=case.batch,
            threads=case.threads,
            protocol=self.settings.model_dump(),
            command=command(case, measurement.name, self.settings),
            **about(case, measurement.name, facts, sparsity_real),
            **_op_times(facts),
            **_times(case, measurement),
        )


def about(case: ModelCase, runtime: str, facts: ModelFacts, sparsity_real: float) -> dict[str, Any]:
    """What every row says of its model and runtime; not how it was called, nor how fast it was.

    ``sparsity_real`` is that of the case; a runtime of the unpruned model has none.
    """
    return {
        "runtime": runtime,
        "implementation": facts.implementation,
        "handicaps": facts.handicaps,
        "model": case.model.name,
        "source": case.model.source,
        "pattern": case.pruned.pattern,
        "sparsity": case.pruned.sparsity,
        "sparsity_real": 0.0 if runtime_class(runtime).unpruned else sparsity_real,
        "dtype": facts.dtype,
        "tokens": case.tokens,
        "seed": case.seed,
        "load_ns": facts.load_ns,
        "weight_bytes": facts.weight_bytes,
        "cosine": facts.cosine,
    }


def command(case: ModelCase, runtime: str, settings: Protocol) -> str:
    """A ``spbench run-model bench`` line, quoted for a shell; defaults left out."""
    what = [case.model.source, "--runtime", runtime, "--batch", str(case.batch)]
    what += ["--tokens", str(case.tokens)]
    what += case.pruning_options()
    what += ["--threads", str(case.threads), "--seed", str(case.seed)]
    changed = ",".join(f"{key}={value}" for key, value in settings.changed().items())
    what += ["--protocol", changed] if changed else []
    return shlex.join([*environment(), "spbench", "run-model", "bench", *what])


def p99_ns(samples_ns: Sequence[float]) -> float:
    """The 99th percentile that occurred: the largest of up to 100 samples."""
    return float(np.quantile(samples_ns, 0.99, method="higher"))


def _op_times(facts: ModelFacts) -> dict[str, Any]:
    times = facts.op_times
    return {
        "op_time_ns": times.by_kind if times else None,
        "linear_ns": times.linear_ns if times else None,
    }


def _times(case: ModelCase, measurement: Measurement) -> dict[str, Any]:
    samples_ns = measurement.samples_ns
    if measurement.status is not Status.OK or not samples_ns:
        return {}
    time = median_interval(samples_ns)
    return {
        "time_ns": time.value,
        "time_ns_low": time.low,
        "time_ns_high": time.high,
        "p99_ns": p99_ns(samples_ns),
        "cpu_time_ns": statistics.median(measurement.cpu_samples_ns),
        "samples_ns": samples_ns,
        "disturbed_rounds": measurement.disturbed_rounds,
        "lost_share": lost_share(measurement),
        "throughput": case.batch * _NS / time.value,
    }
