"""The model row: one runtime's result on one whole model. Field names are kept for ever."""

from __future__ import annotations

from typing import Any

from spbench.store.schema import Status
from spbench.store.stored_row import StoredRow

MODEL_ROWS = "model-rows.jsonl"
"""Its file in a results folder, beside the GEMM rows of the same study or alone."""


class ModelRow(StoredRow):
    """One measurement of a model call, as one JSON object on one line of ``model-rows.jsonl``.

    A call answers ``batch`` sequences of ``tokens`` tokens. Times are nanoseconds a call. Fields
    without a value are null.
    """

    case_id: str  # same model, batch, tokens, threads, instances: same case, whatever the runtime
    host: str
    status: Status
    reason: str = ""  # why it is not ok; for unavailable: the command that installs it

    runtime: str  # spbench, onnxruntime-int8, torch-f32, ...
    implementation: str = ""  # what really ran, in the runtime's own words, with its version
    handicaps: str = ""  # why the runtime is not at its best here, clauses joined by "; "

    model: str  # a name for people: "bert-base", "all-MiniLM-L6-v2"
    source: str  # the YAML, folder or package that it was made from
    pattern: str  # blocks of the pruned weights, output x input; "dense"
    sparsity: float  # asked for
    sparsity_real: float  # share of the linear layers' weights that are zero
    dtype: str  # int8, f32, bf16
    batch: int
    tokens: int  # of each sequence
    threads: int  # of each instance
    instances: int = 1  # processes that answer at the same time, pinned to cores of their own
    seed: int

    time_ns: float | None = None  # median latency
    time_ns_low: float | None = None  # 99 % confidence interval of that median
    time_ns_high: float | None = None
    p99_ns: float | None = None  # 99th percentile of single calls
    cpu_time_ns: float | None = None
    samples_ns: list[float] | None = None  # one a round, in the order of the rounds
    disturbed_rounds: list[int] | None = None  # samples that lost the core, from 0 on
    lost_share: float | None = None
    throughput: float | None = None  # sequences a second, of all instances together
    load_ns: float | None = None  # from the files to the first answer
    weight_bytes: int | None = None  # packed weights of linear layers, indices included
    op_time_ns: dict[str, float] | None = None  # by kind of op (qkv, attention, ...), one call
    linear_ns: float | None = None  # the linear layers' part of one call
    cosine: float | None = None  # of the output to f32 with the same weights: the check's result
    latency_limit_ns: float | None = None  # of a search for the highest throughput under it

    protocol: dict[str, Any]
    command: str  # repeats this row

    @property
    def key(self) -> tuple[str, str, str]:
        """Case, runtime and host. A later row replaces an earlier one."""
        return self.case_id, self.runtime, self.host
