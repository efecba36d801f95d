"""Recovery at the terminal: a bar with loss and time left, and how to go on after Ctrl-C."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from spbench.pruning.recovery.resumable import ResumableJob
    from spbench.pruning.recovery.training import Standing


def run_recovery(
    job: ResumableJob,
    threads: int | None,
    time_limit_min: float | None,
    finish: Callable[[Path], None] | None,
) -> None:
    """Train what ``job`` has pruned, and write its target."""
    from spbench.cli.lazy_group import INTERRUPTED
    from spbench.cli.progress import Progress
    from spbench.kernels import default_num_threads

    limit_s = None if time_limit_min is None else 60 * time_limit_min
    try:
        with Progress(job.recipe.recovery.steps) as progress:

            def watch(standing: Standing) -> None:
                if standing.is_first:
                    progress.skip(standing.step - 1)
                progress.advance(f"loss {standing.loss:.4f}")

            record = job.recover(threads or default_num_threads(), limit_s, watch, finish)
    except KeyboardInterrupt:
        click.echo("Interrupted. Go on with the same command and --resume.", err=True)
        raise SystemExit(INTERRUPTED) from None
    click.echo(
        f"note: {record}; loss {record.first_loss:.4f} at first, {record.last_loss:.4f} at last",
        err=True,
    )
    if record.ended_by == "time limit":
        click.echo("note: time is up; the same command with --resume --force goes on", err=True)
