"""The machine that spbench runs on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from spbench.sweeps.absence import absent
from spbench.sweeps.case_runner import BENCH, CaseRunner
from spbench.sweeps.config import SweepConfig
from spbench.sweeps.executor import Work
from spbench.sweeps.machine import machine
from spbench.sweeps.row import RowMaker
from spbench.sweeps.run import run_sweep
from spbench.sweeps.thread_count import require_cpus
from spbench.sweeps.watch import watched


class LocalExecutor:
    """Measures here. The host is named by its fingerprint. See :class:`Executor`."""

    name = "local"
    may_grow = False

    def __init__(self) -> None:
        self.notes: list[str] = []

    def check(self, config: SweepConfig) -> None:
        """Every thread needs a CPU."""
        require_cpus(max(config.threads))

    def machines(self, known: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
        """Takes about a second unless the machine is ``known``."""
        facts = machine(measure=not known)
        return {str(facts["fingerprint"]): facts}

    def absent(self, host: str, backends: Sequence[str]) -> set[str]:
        """Asks each backend in a worker of its own."""
        return absent(BENCH, backends)

    def run(self, work: Work) -> None:
        """One case after the other."""
        ((host, cases),) = work.missing.items()
        maker = RowMaker(work.folder.run_id, host, work.settings)
        runner = CaseRunner(work.backends, work.settings, maker, work.weight_of)
        with watched(host, work.folder), runner:  # the workers' CPU time counts once they ended
            run_sweep(cases, runner, work.folder, work.progress)

    def close(self) -> None:
        """Nothing is held."""
