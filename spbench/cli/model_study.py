"""What ``run-model bench`` and ``limit`` have in common: to run a study and say how it went."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spbench.cli.lazy_group import INTERRUPTED

if TYPE_CHECKING:
    from spbench.store.model_row import ModelRow
    from spbench.sweeps.models.session import ModelSession, Study


def run_study(
    study: Study,
    out: Path | None,
    resume: Path | None,
    config: str | None,
    values: Mapping[str, Any],
    print_rows: Callable[[Sequence[ModelRow]], None],
) -> None:
    """Start or resume, measure what is missing, print, and fail where nothing can be believed."""
    from spbench.sweeps.models.outcome import remarks
    from spbench.sweeps.models.session import ModelSession

    if out is not None and resume is not None:
        raise click.UsageError("--out starts a new run, --resume goes on with one: give either")
    if resume is not None:
        session = ModelSession.resume(study, resume, config, values)
    else:
        session = ModelSession.start(study, out, config, values)
    with closing(session):
        _run(session)
    for warning in session.warnings():
        click.echo(f"warning: {warning}", err=True)
    rows = session.folder.latest()
    print_rows(rows)
    for line in remarks(rows):
        click.echo(line)
    click.echo(f"\n{session.folder.path}\nspbench report {session.folder.path}")
    session.require_results()


def _run(session: ModelSession) -> None:
    """Measure what is missing; on Ctrl-C say where the rows are and how to go on."""
    from spbench.cli.progress import Progress

    for note in session.notes:
        click.echo(f"note: {note}", err=True)
    try:
        with Progress(session.remaining) as progress:
            session.run(lambda case, rows: progress.advance(str(case)))
    except KeyboardInterrupt:
        path = session.folder.path
        if not path.exists():
            click.echo("Interrupted before the first row: nothing is kept.", err=True)
            raise SystemExit(INTERRUPTED) from None
        click.echo(f"Interrupted. The finished rows are in {path}.", err=True)
        command = session.study.command
        click.echo(f"Go on with: spbench run-model {command} --resume {path}", err=True)
        raise SystemExit(INTERRUPTED) from None
