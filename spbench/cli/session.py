"""What commands that measure in a results folder have in common: to run, and to be stopped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spbench.cli.lazy_group import INTERRUPTED

if TYPE_CHECKING:
    from spbench.sweeps.models.session import ModelSession
    from spbench.sweeps.session import SweepSession


def require_one_folder(out: Path | None, resume: Path | None) -> None:
    """A run is new, or goes on."""
    if out is not None and resume is not None:
        raise click.UsageError("--out starts a new run, --resume goes on with one: give either")


def run_session(
    session: SweepSession | ModelSession, command: str, told: Callable[[Any], str] = str
) -> None:
    """Measure what is missing; on Ctrl-C say where the rows are and how ``command`` goes on.

    ``told`` is what the progress says of a case.
    """
    from spbench.cli.progress import Progress

    for note in session.notes:
        click.echo(f"note: {note}", err=True)
    try:
        with Progress(session.remaining) as progress:
            session.run(lambda case, rows: progress.advance(told(case)))
    except KeyboardInterrupt:
        folder = session.folder
        if not folder.path.exists():
            click.echo("Interrupted before the first row: nothing is kept.", err=True)
        else:
            rows = folder.path / folder.rows_name
            click.echo(f"Interrupted. The finished rows are in {rows}.", err=True)
            click.echo(f"Go on with: {command} --resume {folder.path}", err=True)
        raise SystemExit(INTERRUPTED) from None
