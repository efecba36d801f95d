"""The row: one backend's result on one case. Field names and meanings are kept for ever.

Ratios (speedups, verdicts) are never stored; they are derived from rows.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from spbench.store.stored_row import StoredRow


class Status(StrEnum):
    """What became of a backend on a case. Only ``ok`` rows have times worth reading."""

    OK = "ok"  # this process checked the numbers against the reference
    WRONG = "wrong"  # it ran, and the numbers are not the reference's
    UNSUPPORTED = "unsupported"  # the library cannot do this problem
    UNAVAILABLE = "unavailable"  # the library is not installed
    FAILED = "failed"  # it crashed, raised or ran out of time


class Row(StoredRow):
    """One measurement, as one JSON object on one line of ``rows.jsonl``.

    Times are nanoseconds a call. Fields without a value are null; rows written before a field
    existed lack it.
    """

    case_id: str  # same problem, threads, cache and seed: same case, whatever the backend
    host: str  # fingerprint of the machine; its facts are in machine.json
    status: Status
    reason: str = ""  # why it is not ok; for unavailable: the command that installs it

    backend: str
    implementation: str = ""  # what really ran, in the library's own words
    isa: str = ""
    handicaps: str = ""  # why the library is not at its best here, clauses joined by "; "

    m: int  # output channels
    k: int  # input channels
    n: int  # tokens
    weights: str = "random"  # or the tensor of a model: "<model>:<tensor name>"
    pattern: str  # block shape, output x input: "4x1"
    sparsity: float  # asked for
    sparsity_real: float  # share of the weights outside stored blocks
    dtype: str  # activations, weights, accumulator: u8s8s32, f32, bf16
    output: str  # s32, u8, s8, f32
    epilogue: str = "none"
    threads: int  # asked for; the process has as many cores
    # Pools of its process with their sizes, as threadpoolctl sees them, and how many threads worked.
    thread_pools: str | None = None
    threads_busy: int | None = None
    cache: str = "hot"
    seed: int

    time_ns: float | None = None  # median over rounds
    time_ns_low: float | None = None  # 99 % confidence interval of that median
    time_ns_high: float | None = None
    cpu_time_ns: float | None = None  # median CPU time of the process, all threads
    samples_ns: list[float] | None = None  # one a round, in the order of the rounds
    turns_repeated: int | None = None  # turns taken again because others had the core
    disturbed_rounds: list[int] | None = None  # samples that lost it in every try, from 0 on
    # Median share of wall time without the core; of several threads, of the one that waited longest.
    lost_share: float | None = None
    # The control that took turns with the backends of the case: see spbench/measure/control.py.
    control: str | None = None  # what ran: vpdpbusd_zmm is the CPU's int8 peak
    control_ops: int | None = None  # operations of a call; / control_ns is the peak in GOPS
    control_samples_ns: list[float] | None = None  # of the rounds of samples_ns, one for each
    control_ns: float | None = None  # median
    prepare_ns: float | None = None  # packing the weights: median over placements
    layout_ns: float | None = None  # bringing X into the library's own layout, once
    weight_bytes: int | None = None  # stored weights, without indices
    index_bytes: int | None = None
    gops_dense_equivalent: float | None = None  # 2 M N K / time
    gops_real: float | None = None  # 2 N (stored weights) / time

    protocol: dict[str, Any]  # settings of the measurement
    command: str  # repeats this row

    @property
    def key(self) -> tuple[str, str, str]:
        """Case, backend and host: what the row measures. A later row replaces an earlier one."""
        return self.case_id, self.backend, self.host
