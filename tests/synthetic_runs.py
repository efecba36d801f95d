"""Synthetic runs: rows with known ratios, written as a run folder would be."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from spbench.store.schema import Row, Status

PROTOCOL = {"rounds": 15, "min_turn_us": 200, "hot_us": 200, "warmup_ms": 20}
MACHINE = {
    "fingerprint": "f00d",
    "cpu_model": "Example EP-1 (AMD)",
    "isa": ["avx2", "avx512f", "avx512_vnni"],
    "caches": {"l1d_bytes": 32768, "l2_bytes": 1048576, "l3_bytes": 33554432},
    "cores": 2,
    "usable_cores": 2,
    "threads_per_core": 1,
    "hypervisor": "kvm",
    "governor": "unknown",
    "memory_bytes": 8 << 30,
    "kernel": "6.1",
    "python": "3.11.7",
    "spbench_version": "0.1.0",
    "date": "2026-11-24T06:00:00+00:00",
    "limits": {
        "int8_peak_gops": 469.0,
        "bandwidth_gb_s": {"l1": 212.0, "l2": 110.0, "l3": 95.0, "dram": 28.0},
    },
}
SHAPES = [(256, 256), (1024, 256), (768, 768), (3072, 768), (768, 3072), (1024, 1024)]
DTYPES = {"spbench": "u8s8s32", "onednn": "u8s8s32"}
SPARSE = {"spbench", "onemkl-csr", "scipy-csr"}
RATES = {  # GOPS that each library really computes, at many tokens
    "spbench": 430.0,
    "onednn": 430.0,
    "onemkl-dense": 45.0,
    "onemkl-csr": 21.0,
    "numpy": 90.0,
    "scipy-csr": 11.0,
}
SMALL_N = {"spbench": 0.3, "onednn": 0.9, "numpy": 0.2}  # what is left of it at one token


def samples(time_ns: float, noise: float, rounds: int = 15, luck: int = 0) -> list[float]:
    """Times within ``noise`` of ``time_ns``, one a round, whose median is exactly that."""
    draws = np.array([noise * scatter(number, luck) for number in range(rounds)])
    draws -= np.median(draws)
    return [round(time_ns * (1 + draw), 3) for draw in draws]


def scatter(*numbers: int) -> float:
    """A number between -1 and 1 that looks random and is the same everywhere."""
    digest = hashlib.sha256(repr(numbers).encode()).digest()
    return int.from_bytes(digest[:4]) / 2**31 - 1


def row(
    backend: str = "spbench", time_ns: float | None = 1000.0, noise: float = 0.0, **changes
) -> Row:
    """An ok row with every field filled; ``changes`` replaces fields."""
    m, k, n = (changes.get(key, size) for key, size in (("m", 768), ("k", 768), ("n", 128)))
    sparsity = changes.get("sparsity", 0.8)
    weights = changes.get("weights", "random")
    threads, pattern = changes.get("threads", 1), changes.get("pattern", "4x1")
    sparse = backend in SPARSE
    stored = round(m * k * (1 - sparsity)) if sparse else m * k
    times = samples(time_ns, noise, changes.pop("rounds", 15), changes.pop("luck", 0))
    fields = {
        "run_id": "r1",
        "case_id": f"{weights} {m} {k} {n} {sparsity} {threads} {pattern}",
        "host": "f00d",
        "status": Status.OK,
        "backend": backend,
        "implementation": f"{backend}-kernel",
        "isa": "avx512vnni",
        "m": m,
        "k": k,
        "n": n,
        "weights": weights,
        "pattern": pattern,
        "sparsity": sparsity,
        "sparsity_real": sparsity,
        "dtype": DTYPES.get(backend, "f32"),
        "output": "s32" if backend in DTYPES else "f32",
        "threads": threads,
        "seed": 0,
        "time_ns": time_ns,
        "time_ns_low": min(times),
        "time_ns_high": max(times),
        "samples_ns": times,
        "layout_ns": 0.05 * time_ns,
        "prepare_ns": 1e6,
        "weight_bytes": stored,
        "index_bytes": stored // 2 if sparse else 0,
        "gops_dense_equivalent": 2.0 * m * k * n / time_ns,
        "gops_real": 2.0 * stored * n / time_ns,
        "protocol": PROTOCOL,
        "command": f"spbench run-gemm one {m}x{k}x{n} --sparsity {sparsity} --backend {backend}",
    }
    return Row(**{**fields, **changes})


def absent(backend: str, status: Status, reason: str, **changes) -> Row:
    """A row without times."""
    nothing = dict.fromkeys(
        [
            "time_ns_low",
            "time_ns_high",
            "samples_ns",
            "gops_real",
            "gops_dense_equivalent",
            "layout_ns",
            "prepare_ns",
            "weight_bytes",
            "index_bytes",
        ]
    )
    made = row(
        backend,
        1.0,
        status=status,
        reason=reason,
        implementation="",
        isa="",
        **{**nothing, **changes},
    )
    return made.model_copy(update={"time_ns": None})


def pair(ratio: float, noise: float = 0.0, **changes) -> list[Row]:
    """spbench and oneDNN on one case; oneDNN takes ``ratio`` times as long."""
    return [
        row("spbench", 1000.0, noise, luck=1, **changes),
        row("onednn", 1000.0 * ratio, noise, luck=2, **changes),
    ]


def realistic(
    shapes: Iterable[tuple[int, int]] = SHAPES,
    tokens: Iterable[int] = (1, 80, 128, 384),
    sparsities: Iterable[float] = (0.7, 0.8, 0.9),
    layers: int = 6,
    threads: int = 1,
) -> list[Row]:
    """A run as the demo makes it: random shapes, and the layers of a small model."""
    rows = [
        each
        for m, k in shapes
        for n in tokens
        for sparsity in sparsities
        for each in _case(m=m, k=k, n=n, sparsity=sparsity, threads=threads)
    ]
    for layer in range(layers):
        for name, m, k in MODEL_LAYERS:
            tensor = f"encoder.layer.{layer}.{name}.weight"
            rows += _case(
                m=m,
                k=k,
                n=128,
                sparsity=0.8,
                threads=threads,
                weights=f"/models/minilm-4x1-80:{tensor}",
            )
    return rows


MODEL_LAYERS = [
    ("attention.self.query", 384, 384),
    ("attention.self.key", 384, 384),
    ("attention.self.value", 384, 384),
    ("attention.output.dense", 384, 384),
    ("intermediate.dense", 1536, 384),
    ("output.dense", 384, 1536),
]


def _case(**problem) -> list[Row]:
    m, k, n = problem["m"], problem["k"], problem["n"]
    rows = []
    for number, (backend, rate) in enumerate(RATES.items()):
        work = 2.0 * m * k * n * ((1 - problem["sparsity"]) if backend in SPARSE else 1)
        if n == 1:
            rate *= SMALL_N.get(backend, 0.5)
        luck = scatter(m, k, n, number, len(problem.get("weights", "")))
        time_ns = round(work / rate * (1.03 + 0.08 * luck) + 150, 3)
        rows.append(row(backend, time_ns, 0.03, luck=m + 3 * k + 7 * n + number, **problem))
    rows.append(absent("onemkl-bsr", Status.UNSUPPORTED, "BSR takes square blocks only", **problem))
    return rows


def write_run(folder: Path, rows: Iterable[Row], machine: dict = MACHINE) -> Path:
    """The files that a run leaves."""
    folder.mkdir(parents=True, exist_ok=True)
    text = "".join(each.to_json() + "\n" for each in rows)
    (folder / "rows.jsonl").write_text(text)
    (folder / "machine.json").write_text(json.dumps(machine))
    (folder / "sweep.json").write_text(json.dumps({"schema": 1, "run_id": "r1", "sweep": {}}))
    return folder
