"""A suite of pyperf, format 1.0: ``python -m pyperf stats`` and ``compare_to`` read it.

One benchmark a row, one run each with a value a round, as all rounds were taken by
one process. Rows without times cannot stand in a suite; its metadata counts them.
"""

from __future__ import annotations

import json
from typing import Any

from spbench.store.export.benchmark_name import benchmark_names
from spbench.store.export.timed_rows import timed_rows
from spbench.store.run_folder import RunFolder
from spbench.store.schema import Row


def render(run: RunFolder) -> bytes:
    """The run as a pyperf suite in JSON; values in seconds a call.

    Raises :class:`InputError` if no row has times.
    """
    rows, left_out = timed_rows(run)
    suite = {
        "benchmarks": [
            {"metadata": _metadata(name, row), "runs": [_run(row)]}
            for name, row in zip(benchmark_names(rows), rows, strict=True)
        ],
        "metadata": _machine(run) | _texts({"unit": "second", "spbench_left_out": left_out}),
        "version": "1.0",
    }
    return (json.dumps(suite, indent=1) + "\n").encode()


def _metadata(name: str, row: Row) -> dict[str, Any]:
    return {"name": name, "loops": int(row.protocol.get("calls", 1))} | _texts(
        {
            "spbench_implementation": row.implementation,
            "spbench_command": row.command,
            "spbench_remark": row.reason,
            "spbench_host": row.host,
        }
    )


def _run(row: Row) -> dict[str, Any]:
    return {"values": [sample / 1e9 for sample in row.samples_ns]}


def _machine(run: RunFolder) -> dict[str, Any]:
    """Under the keys that pyperf's own metadata has."""
    machine = run.machine
    facts = {
        "cpu_model_name": machine.get("cpu_model"),
        "hostname": machine.get("fingerprint"),
        "platform": machine.get("kernel"),
        "python_version": machine.get("python"),
        "cpu_config": machine.get("governor"),
        "spbench_version": machine.get("spbench_version"),
        "spbench_run_id": run.run_id,
    }
    count = machine.get("usable_cpus", machine.get("usable_cores"))
    return _texts(facts) | ({"cpu_count": count} if isinstance(count, int) else {})


def _texts(values: dict[str, Any]) -> dict[str, str]:
    """Texts as pyperf takes them: one line, not empty."""
    lines = {key: " ".join(str(value or "").split()) for key, value in values.items()}
    return {key: line for key, line in lines.items() if line}
