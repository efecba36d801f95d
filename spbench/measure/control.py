"""The control: a loop on registers that takes turns with the backends of a case.

It multiplies nothing of the case and touches no memory, so that what changes its time is the
machine: its frequency, its load, its hypervisor. Two runs that are months apart compare by
their ratios to it (a control as in any experiment), and where it is made of the instruction that
the kernels are made of, it is the peak of the machine in the very moments of the case.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from spbench.measure.bench import Bench, Prepared
from spbench.measure.timing import Timing

# Turns of the loop in a call, fixed for ever: about 50 us at 3.7 GHz.
_VPDPBUSD_TURNS = 12_288
_MULTIPLY_TURNS = 45_000


@dataclass(frozen=True)
class ControlFacts:
    """What ran, and the operations of a call, on all threads together.

    ``vpdpbusd_zmm`` counts multiplications and additions of s8, as the GOPS of a row do;
    ``multiply_scalar``, for a CPU without it, those of 64-bit integers: no peak of anything.
    """

    name: str
    ops: int


class ControlBench(Bench):
    """Runs the loop on as many threads as the case has; each call is the same work, always."""

    def __init__(self, name: str):
        super().__init__()
        self._name, self._turns, self._loop = _loop()

    def prepare(self, task: Any) -> Prepared:
        """Only ``task.threads`` matters. Raises RuntimeError if they cannot be started."""
        self._threads = task.threads
        self.run(1)  # starts the threads
        facts = ControlFacts(self._name, self._loop(self._turns, self._threads))
        return Prepared("ok", call_ns=self.run(1).wall_ns, facts=facts)

    def run(self, count: int) -> Timing:
        from spbench.kernels._native.replay import process_cpu_ns

        cpu_start_ns = process_cpu_ns()
        wall_start_ns = time.perf_counter_ns()
        self._loop(count * self._turns, self._threads)
        wall_ns = time.perf_counter_ns() - wall_start_ns
        return Timing(count, wall_ns, process_cpu_ns() - cpu_start_ns)

    def check(self) -> str:
        return ""

    def release(self) -> None:
        pass


def _loop() -> tuple[str, int, Callable[[int, int], int]]:
    """Name, turns in a call, and the loop (turns, threads) -> operations done."""
    from spbench.kernels._native import probe, spmm

    if "avx512vnni" in spmm.cpu_features():
        return "vpdpbusd_zmm", _VPDPBUSD_TURNS, probe.vpdpbusd_zmm
    return "multiply_scalar", _MULTIPLY_TURNS, probe.multiply_scalar
