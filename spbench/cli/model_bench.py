"""``spbench run-model bench``: latency and throughput of a model in several runtimes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from spbench.cli.model_study import run_study, study_options
from spbench.cli.tables import percent, print_table

if TYPE_CHECKING:
    from spbench.store.model_row import ModelRow

_SINGLE = {"name", "seed"}


@click.command()
@study_options(
    "models",
    click.option("--call", "calls", metavar="BxT,...", help="Sentences x tokens of a call: 8x128."),
    click.option("--batch", metavar="B,...", help="Sentences of a call.  [default: 1]"),
    click.option("--tokens", metavar="T,...", help="Tokens of each sentence.  [default: 128]"),
    click.option("--threads", help="Threads of every runtime.  [default: 1]"),
    click.option("--protocol", metavar="KEY=VALUE,...", help="Such as rounds=20,case_budget_s=10."),
)
def bench(**given: Any) -> None:
    """Time runtimes side by side on the same weights: median, 99th percentile, throughput.

    Lists are separated by commas. Every runtime's answer is compared with f32 before it is timed.
    Rows go to model-rows.jsonl in the folder of the run (results/DATE-TIME-NAME unless --out says
    otherwise). --resume DIR goes on with a run that was interrupted; it needs no other option.
    """
    from spbench.sweeps.models.studies import BENCH

    run_study(BENCH, _print_summary, _SINGLE, **given)


def _print_summary(rows: Sequence[ModelRow]) -> None:
    from spbench.sweeps.models.side_by_side import side_by_side

    headers = {
        "model": "model",
        "call": "call",
        "pattern": "blocks",
        "sparsity": "sparsity",
        "threads": "threads",
        "runtime": "runtime",
        "time": "median ms [99 %]",
        "p99_ms": "p99 ms",
        "throughput": "sequences/s",
        "ratio": "times spbench's [99 %]",
        "cosine": "cosine",
        "status": "status",
    }
    show = {
        "sparsity": percent,
        "time": str,
        "p99_ms": lambda value: f"{value:.2f}",
        "throughput": lambda value: f"{value:.1f}",
        "ratio": str,
        "cosine": lambda value: f"{value:.4f}",
    }
    lines: list[dict[str, Any]] = [vars(line) for line in side_by_side(rows)]
    print_table(lines, headers, "table", show)
