"""From what a search found to what is kept: one row for each runtime of a case."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from spbench.measure.contestant import LOST_SHARE_LIMIT
from spbench.models.bench import ModelFacts
from spbench.store.model_row import ModelRow
from spbench.store.schema import Status
from spbench.sweeps.command import environment
from spbench.sweeps.models.config import LimitConfig
from spbench.sweeps.models.limit_case import LimitCase
from spbench.sweeps.models.limit_search import Trial, best_of
from spbench.sweeps.models.row import about


@dataclass(frozen=True)
class Found:
    """What became of one runtime: how it ended, what it said of itself, what was tried."""

    status: Status
    reason: str = ""
    facts: ModelFacts | None = None
    tried: Sequence[Trial] = ()


@dataclass(frozen=True)
class LimitRowMaker:
    """Makes rows of one run on one machine."""

    run_id: str
    host: str
    config: LimitConfig

    def row(self, case: LimitCase, sparsity_real: float, runtime: str, found: Found) -> ModelRow:
        """The row of one runtime: its best setting within the limit, where there is one."""
        facts = found.facts or ModelFacts(dtype="")
        ok = found.status is Status.OK
        best = best_of(found.tried, case.limit_ns) if ok else None
        remarks = [found.reason, *(_remarks(case, found.tried, best) if ok else ())]
        settings = self.config.model_dump(include={"batch", "trial_s", "least_calls"})
        return ModelRow(
            run_id=self.run_id,
            case_id=case.case_id,
            host=self.host,
            status=found.status,
            reason="; ".join(filter(None, remarks)),
            batch=best.batch if best else 1,
            threads=best.threads if best else 1,
            instances=best.instances if best else 1,
            latency_limit_ns=case.limit_ns,
            protocol=settings
            | {"cores": case.cores, "tried": [asdict(trial) for trial in found.tried]},
            command=_command(case, runtime, self.config),
            **about(case.largest, runtime, facts, sparsity_real),
            **({} if best is None else _times(best)),
        )


def _remarks(case: LimitCase, tried: Sequence[Trial], best: Trial | None) -> list[str]:
    """That nothing was within the limit; that other processes had the core for long."""
    said = []
    if best is None:
        quickest = min(trial.p99_ns for trial in tried) / 1e6
        said.append(f"no setting within {case.limit_ms:g} ms: the quickest has {quickest:.2f} ms")
    lost = best.lost_share if best else max(trial.lost_share for trial in tried)
    if lost > LOST_SHARE_LIMIT:
        said.append(f"disturbed: other processes had a core in {lost:.0%} of the calls")
    return said


def _times(best: Trial) -> dict[str, Any]:
    return {
        "time_ns": best.time_ns.value,
        "time_ns_low": best.time_ns.low,
        "time_ns_high": best.time_ns.high,
        "p99_ns": best.p99_ns,
        "lost_share": best.lost_share,
        "throughput": best.throughput,
    }


def _command(case: LimitCase, runtime: str, config: LimitConfig) -> str:
    largest = case.largest
    what = [largest.model.source, "--runtime", runtime, "--tokens", str(largest.tokens)]
    what += largest.pruning_options()
    what += ["--latency-limit-ms", f"{case.limit_ms:g}", "--cores", str(case.cores)]
    what += ["--batch", str(config.batch), "--trial-s", f"{config.trial_s:g}"]
    what += ["--seed", str(largest.seed)]
    return shlex.join([*environment(), "spbench", "run-model", "limit", *what])
