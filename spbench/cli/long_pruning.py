"""Long pruning at the terminal: how to go on after Ctrl-C; a bar with loss and time left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from spbench.pruning.recovery.training import Standing
    from spbench.pruning.resumable import ResumableJob


@contextmanager
def resumable(job: ResumableJob) -> Iterator[None]:
    """Inside, Ctrl-C tells how to go on, if there is something to go on with."""
    from spbench.cli.lazy_group import INTERRUPTED

    try:
        yield
    except KeyboardInterrupt:
        if job.workspace.is_idle:
            raise
        click.echo("Interrupted. Go on with the same command and --resume.", err=True)
        raise SystemExit(INTERRUPTED) from None


def run_recovery(
    job: ResumableJob,
    threads: int | None,
    time_limit_min: float | None,
    finish: Callable[[Path], None] | None,
) -> None:
    """Train what ``job`` has pruned, and write its target."""
    from spbench.cli.progress import Progress
    from spbench.kernels import default_num_threads

    limit_s = None if time_limit_min is None else 60 * time_limit_min
    with Progress(job.recipe.recovery.steps) as progress:

        def watch(standing: Standing) -> None:
            if standing.is_first:
                progress.skip(standing.step - 1)
            progress.advance(f"loss {standing.loss:.4f}")

        record = job.recover(threads or default_num_threads(), limit_s, watch, finish)
    click.echo(
        f"note: {record}; loss {record.first_loss:.4f} at first, {record.last_loss:.4f} at last",
        err=True,
    )
    if record.ended_by == "time limit":
        click.echo("note: time is up; the same command with --resume --force goes on", err=True)
