"""The JSON that Google Benchmark writes with ``--benchmark_format=json``.

Its schema version 1, as its json_reporter.cc writes it and its tools/compare.py
reads it: a context, and a list of benchmarks in which each round is a repetition,
followed by the aggregates mean, median, stddev and cv.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator
from typing import Any

from spbench.store.export.benchmark_name import benchmark_names
from spbench.store.export.timed_rows import timed_rows
from spbench.store.run_folder import RunFolder
from spbench.store.schema import Row

_LEVELS = {"l1d_bytes": ("Data", 1), "l2_bytes": ("Unified", 2), "l3_bytes": ("Unified", 3)}


def render(run: RunFolder) -> bytes:
    """The run as Google Benchmark's JSON; times in nanoseconds a call.

    Rows without times are left out and counted in the context: with ``error_occurred`` they
    would have times of 0, which take the geometric mean of tools/compare.py with them. The
    CPU time of a single round is not kept in a row: every repetition carries the row's
    median, or its wall time where the row has none. Raises :class:`InputError` if no row has
    times.
    """
    rows, left_out = timed_rows(run)
    names = benchmark_names(rows)
    benchmarks = [
        entry
        for index, (name, row) in enumerate(zip(names, rows, strict=True))
        for entry in _entries(name, index, row)
    ]
    context = _context(run) | ({"rows_left_out": left_out} if left_out else {})
    document = {"context": context, "benchmarks": benchmarks}
    return (json.dumps(document, indent=2) + "\n").encode()


def _context(run: RunFolder) -> dict[str, Any]:
    """What the machine told; what it did not is left out, as Google Benchmark does."""
    machine = run.machine
    return {
        "date": machine.get("date", ""),
        "host_name": machine.get("fingerprint", ""),
        "executable": "spbench run-gemm sweep",
        **_known("num_cpus", machine.get("usable_cpus", machine.get("usable_cores"))),
        **_scaling(machine.get("governor")),
        "caches": _caches(machine.get("caches", {})),
        "load_avg": [],
        "library_version": f"spbench {machine.get('spbench_version', 'unknown')}",
        "library_build_type": "release",
        "json_schema_version": 1,
        "cpu_model": str(machine.get("cpu_model", "unknown")),
        "run_id": run.run_id,
    }


def _known(key: str, value: Any) -> dict[str, int]:
    return {key: value} if isinstance(value, int) else {}


def _scaling(governor: str | None) -> dict[str, bool]:
    known = governor not in (None, "", "unknown")
    return {"cpu_scaling_enabled": governor != "performance"} if known else {}


def _caches(sizes: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"type": kind, "level": level, "size": sizes[key], "num_sharing": 0}
        for key, (kind, level) in _LEVELS.items()
        if isinstance(sizes.get(key), int)
    ]


def _entries(name: str, index: int, row: Row) -> Iterator[dict[str, Any]]:
    """The repetitions of a row, then its aggregates."""
    samples = row.samples_ns
    for repetition, sample in enumerate(samples):
        head = _head(name, name, index, row, "iteration")
        cpu_ns = sample if row.cpu_time_ns is None else row.cpu_time_ns
        times = _times(int(row.protocol.get("calls", 1)), sample, cpu_ns)
        yield head | {"repetition_index": repetition} | times | _tail(row)
    for kind, unit, value in _aggregates(samples):
        head = _head(f"{name}_{kind}", name, index, row, "aggregate")
        what = {"aggregate_name": kind, "aggregate_unit": unit}
        cpu_ns = value if row.cpu_time_ns is None or kind in ("stddev", "cv") else row.cpu_time_ns
        yield head | what | _times(len(samples), value, cpu_ns) | _tail(row)


def _head(name: str, run_name: str, index: int, row: Row, run_type: str) -> dict[str, Any]:
    return {
        "name": name,
        "family_index": index,
        "per_family_instance_index": 0,
        "run_name": run_name,
        "run_type": run_type,
        "repetitions": len(row.samples_ns),
        "threads": row.threads,
    }


def _times(iterations: int, real_ns: float, cpu_ns: float) -> dict[str, Any]:
    return {
        "iterations": iterations,
        "real_time": real_ns,
        "cpu_time": cpu_ns,
        "time_unit": "ns",
    }


def _aggregates(samples: list[float]) -> Iterator[tuple[str, str, float]]:
    mean = statistics.fmean(samples)
    yield "mean", "time", mean
    yield "median", "time", statistics.median(samples)
    if len(samples) > 1:
        deviation = statistics.stdev(samples)
        yield "stddev", "time", deviation
        yield "cv", "percentage", deviation / mean


def _tail(row: Row) -> dict[str, Any]:
    """Counters of a row, where it has them, and what ran as the label."""
    counters = {
        key: value
        for key in ("gops_dense_equivalent", "gops_real", "weight_bytes", "index_bytes")
        if (value := getattr(row, key)) is not None
    }
    return counters | ({"label": row.implementation} if row.implementation else {})
