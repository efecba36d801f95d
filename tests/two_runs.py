"""Synthetic runs to compare: known times, known noise of three kinds, a control in every round."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from synthetic_runs import MACHINE, row, write_run

from spbench.store.schema import Row

CONTROL_NS = 50_000.0


def rows(
    seed: int,
    cases: int = 30,
    backends: Sequence[str] = ("spbench",),
    rounds: int = 20,
    noise: float = 0.01,
    own: float = 0.005,
    shared: float = 0.0,
    machine: float = 1.0,
    factor: Callable[[int, str], float] = lambda case, backend: 1.0,
    control: str | None = "loop",
    host: str = "f00d",
    **changes,
) -> list[Row]:
    """One row for each case and backend; the same cases for every seed.

    ``noise`` is the scatter of rounds, ``own`` of a case between runs, ``shared`` of a whole run (all
    as logarithms); ``machine`` multiplies everything, the control included, ``factor`` only
    the times.
    """
    random = np.random.default_rng(seed)
    run_ns = machine * np.exp(random.normal(0, shared))
    made = []
    for case in range(cases):
        control_ns = machine * CONTROL_NS * np.exp(random.normal(0, noise / 4, rounds))
        for backend in backends:
            time_ns = 1000.0 * (1 + case) * factor(case, backend) * run_ns
            scatter = random.normal(random.normal(0, own), noise, rounds)
            samples = time_ns * np.exp(scatter)
            beside = {
                "control": control,
                "control_ops": 1000,
                "control_samples_ns": control_ns.tolist(),
                "control_ns": float(np.median(control_ns)),
            }
            made.append(
                row(
                    backend,
                    float(np.median(samples)),
                    m=16 * (1 + case),
                    samples_ns=samples.tolist(),
                    host=host,
                    **(beside if control else {}),
                    **changes,
                )
            )
    return made


def run(folder: Path, seed: int, sweep: dict | None = None, **how) -> Path:
    """:func:`rows` in a run folder; ``sweep`` is what was asked for."""
    facts = {"fingerprint": how.get("host", "f00d")} | how.pop("facts", {})
    return written(folder, rows(seed, **how), facts, sweep)


def written(
    folder: Path, made: Sequence[Row], facts: dict | None = None, sweep: dict | None = None
) -> Path:
    """``made`` in a run folder of its own identity; ``facts`` replace the machine's."""
    write_run(folder, made, MACHINE | (facts or {}))
    head = {"schema": 1, "run_id": str(folder), "sweep": sweep or {}}
    (folder / "sweep.json").write_text(json.dumps(head))
    return folder


def repeats(folder: Path, seeds: Sequence[int], **how) -> str:
    """Several runs of one sweep, as the command line takes them."""
    return ",".join(str(run(folder / f"run{seed}", seed, **how)) for seed in seeds)
