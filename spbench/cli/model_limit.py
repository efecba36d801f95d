"""``spbench run-model limit``: the highest throughput of a model under a latency limit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from spbench.cli.model_study import run_study, study_options
from spbench.cli.tables import percent, print_table

if TYPE_CHECKING:
    from spbench.store.model_row import ModelRow

_SINGLE = {"name", "seed", "batch", "cores", "latency_limit_ms", "trial_s"}


@click.command()
@study_options(
    "limit",
    click.option(
        "--tokens", metavar="T,...", help="Of a sentence.  [default: 16 to 128 in steps of 16, 384]"
    ),
    click.option(
        "--latency-limit-ms", metavar="MS", help="Of the 99th percentile.  [default: the model's]"
    ),
    click.option("--batch", metavar="B", help="Most sentences of a call.  [default: 8]"),
    click.option("--cores", metavar="N", help="To share out among instances.  [default: all]"),
    click.option("--trial-s", metavar="S", help="Seconds of a trial, at least.  [default: 1]"),
)
def limit(**given: Any) -> None:
    """Find the highest throughput of each runtime within a latency limit.

    As in the paper: over instances (processes on cores of their own) times threads, and sentences
    of a call. The number of sentences is bisected; what was tried is kept with each row.
    Lists are separated by commas; --resume DIR goes on with a run that was interrupted.
    """
    from spbench.sweeps.models.studies import LIMIT

    run_study(LIMIT, _print_summary, _SINGLE, **given)


def _print_summary(rows: Sequence[ModelRow]) -> None:
    headers = {
        "model": "model",
        "tokens": "tokens",
        "pattern": "blocks",
        "sparsity": "sparsity",
        "runtime": "runtime",
        "latency_limit_ns": "limit ms",
        "throughput": "sequences/s",
        "p99_ns": "p99 ms",
        "instances": "instances",
        "threads": "threads",
        "batch": "batch",
        "tried": "settings tried",
        "status": "status",
    }
    show = {
        "sparsity": percent,
        "latency_limit_ns": lambda ns: f"{ns / 1e6:g}",
        "throughput": lambda value: f"{value:.1f}",
        "p99_ns": lambda ns: f"{ns / 1e6:.2f}",
    }
    print_table([_line(row) for row in rows], headers, "table", show)


def _line(row: ModelRow) -> dict[str, Any]:
    """The setting only of a row that has one."""
    line = vars(row) | {"tried": len(row.protocol.get("tried", ()))}
    if row.throughput is None:
        line |= dict.fromkeys(("instances", "threads", "batch"))
    return line
