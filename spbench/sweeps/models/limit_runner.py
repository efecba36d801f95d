"""Searches for the highest throughput under a limit here, one row for each runtime."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict
from functools import partial
from typing import Any, Self

from threadpoolctl import threadpool_limits

from spbench.backends.runtimes import runtime_class
from spbench.measure.affinity import usable_cpus
from spbench.measure.contestant import LOST_SHARE_LIMIT
from spbench.measure.player import PlayerFailed
from spbench.models.bench import ModelFacts
from spbench.models.task import ModelTask
from spbench.models.workshop import Workshop
from spbench.store.model_row import ModelRow
from spbench.store.schema import Status
from spbench.sweeps.command import environment
from spbench.sweeps.models.config import LimitConfig
from spbench.sweeps.models.instances import Instances, Refused
from spbench.sweeps.models.limit_case import LimitCase
from spbench.sweeps.models.limit_search import Trial, best_of, search


class LimitRunner:
    """Use it as a context."""

    def __init__(self, config: LimitConfig, run_id: str, host: str):
        self._config = config
        self._run_id = run_id
        self._host = host
        self._unpruned = {name: runtime_class(name).unpruned for name in config.runtimes}

    def __enter__(self) -> Self:
        self._cpus = usable_cpus()
        with ExitStack() as stack:
            self._workshop = stack.enter_context(Workshop())
            stack.enter_context(threadpool_limits(1))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    def measure(self, case: LimitCase) -> list[ModelRow]:
        """One row for each runtime, in their order, whatever becomes of them."""
        task, sparsity = self._workshop.task(case.largest, any(self._unpruned.values()))
        return [self._row(case, task, sparsity, name) for name in self._config.runtimes]

    def _row(self, case: LimitCase, task: ModelTask, sparsity: float, runtime: str) -> ModelRow:
        tried: list[Trial] = []
        facts: Any = None
        status, reason = Status.OK, ""
        try:
            for count, threads in case.splits():
                with closing(Instances(runtime, count, threads, self._cpus)) as instances:
                    facts = facts or instances.facts(task, self._config)
                    tried += search(
                        partial(self._try, instances, task, case), case.limit_ns, self._config.batch
                    )
        except Refused as refused:
            status, reason = Status(refused.prepared.status), refused.prepared.reason
            facts = facts or refused.prepared.facts
        except (PlayerFailed, TimeoutError) as error:
            status, reason = Status.FAILED, str(error)
        return self._made(case, sparsity, runtime, facts, tried, status, reason)

    def _try(self, instances: Instances, task: ModelTask, case: LimitCase, batch: int) -> Trial:
        return instances.trial(task, batch, case.limit_ns, self._config)

    def _made(
        self, case: LimitCase, sparsity: float, runtime: str, facts: ModelFacts | None,
        tried: Sequence[Trial], status: Status, reason: str,
    ) -> ModelRow:  # fmt: skip
        largest, config, unpruned = case.largest, self._config, self._unpruned[runtime]
        facts = facts or ModelFacts("")
        best = best_of(tried, case.limit_ns) if status is Status.OK else None
        if status is Status.OK and best is None:
            fastest = min(trial.p99_ns for trial in tried) / 1e6
            reason = f"no setting within {case.limit_ms:g} ms: the quickest has {fastest:.2f} ms"
        lost = best.lost_share if best else max((trial.lost_share for trial in tried), default=0)
        if status is Status.OK and lost > LOST_SHARE_LIMIT:
            disturbed = f"disturbed: other processes had a core in {lost:.0%} of the calls"
            reason = "; ".join(filter(None, (reason, disturbed)))
        return ModelRow(
            run_id=self._run_id,
            case_id=case.case_id,
            host=self._host,
            status=status,
            reason=reason,
            runtime=runtime,
            implementation=facts.implementation,
            handicaps=facts.handicaps,
            model=largest.model.name,
            source=largest.model.source,
            pattern=largest.pruned.pattern,
            sparsity=largest.pruned.sparsity,
            sparsity_real=0.0 if unpruned else sparsity,
            dtype=facts.dtype,
            batch=best.batch if best else 1,
            tokens=largest.tokens,
            threads=best.threads if best else 1,
            instances=best.instances if best else 1,
            seed=largest.seed,
            load_ns=facts.load_ns,
            weight_bytes=facts.weight_bytes,
            cosine=facts.cosine,
            latency_limit_ns=case.limit_ns,
            protocol=config.model_dump(include={"batch", "trial_s", "least_calls"})
            | {"cores": case.cores, "tried": [asdict(trial) for trial in tried]},
            command=_command(case, runtime, config),
            **({} if best is None else _times(best)),
        )


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
