"""What a results folder holds: GEMM rows, model rows, quality rows, any of them.

rows.jsonl           products, with the head of their run (:mod:`spbench.store.run_folder`)
model-rows.jsonl     whole models
quality-rows.jsonl   what models are still worth
machine.json         the machine, or machines/<host>.json; may be absent without a GEMM run
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spbench.store.model_row import MODEL_ROWS, ModelRow
from spbench.store.quality_row import QUALITY_ROWS, QualityRow
from spbench.store.rows_file import RowsFile
from spbench.store.run_folder import MACHINE, MACHINES, ROWS, SWEEP, RunFolder
from spbench.store.schema import Row


@dataclass(frozen=True)
class ResultsFolder:
    """The last row of each kind and key, and what the files beside them tell.

    ``head`` and ``sweep`` are empty without a run of products.
    """

    path: Path
    head: Mapping[str, Any]
    machines: Mapping[str, Mapping[str, Any]]
    warnings: Sequence[Mapping[str, Any]]
    rows: Sequence[Row]
    model_rows: Sequence[ModelRow]
    quality_rows: Sequence[QualityRow]

    @classmethod
    def read(cls, path: str | Path) -> ResultsFolder:
        """Raises :class:`~spbench.errors.InputError` for a folder without any rows' file, or with
        a file that cannot be read, OSError for one that cannot be looked into."""
        path = Path(path)
        models = _rows(path / MODEL_ROWS, ModelRow)
        qualities = _rows(path / QUALITY_ROWS, QualityRow)
        of_products = (path / ROWS).exists() or (path / SWEEP).exists()
        if of_products or (models is None and qualities is None):
            run = RunFolder.open(path)
            head, rows = run.head, run.latest()
        else:
            run, head, rows = RunFolder(path, {}), {}, []
        machines = run.machines() if _knows_machines(path) else {}
        return cls(
            path,
            head,
            machines,
            run.warnings(),
            rows,
            list({(row.key, row.latency_limit_ns): row for row in models or []}.values()),
            list({row.key: row for row in qualities or []}.values()),
        )

    @property
    def sweep(self) -> Mapping[str, Any]:
        """What the run of products was asked for."""
        return self.head.get("sweep", {})


def _rows(file: Path, kind: type) -> list | None:
    return RowsFile(file, kind).read() if file.exists() else None


def _knows_machines(path: Path) -> bool:
    return (path / MACHINE).exists() or (path / MACHINES).is_dir()
