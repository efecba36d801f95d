"""A small run to export: an ok row, a model's layer, and rows without times."""

from __future__ import annotations

from pathlib import Path

from synthetic_runs import absent, row, write_run

from spbench.store.schema import Status

PIPE = "BSR takes square blocks | only"


def exported_run(folder: Path) -> Path:
    short = {"rounds": 3, "protocol": {"rounds": 3, "calls": 12}}
    layer = "/models/minilm-80:encoder.layer.0.output.dense.weight"
    rows = [
        row("spbench", 10_000.0, 0.01, cpu_time_ns=10_100.0, **short),
        row("onednn", 40_000.0, 0.01, **short),
        absent("onemkl-bsr", Status.UNSUPPORTED, PIPE),
        row("spbench", 20_000.0, 0.01, weights=layer, m=384, k=1536, seed=7, **short),
    ]
    return write_run(folder, rows)
