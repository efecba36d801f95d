"""What ``run-model bench`` and ``limit`` have in common: options, to run a study, how it went."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from spbench.cli.options import values_of
from spbench.cli.session import require_one_folder, run_session

if TYPE_CHECKING:
    from spbench.store.model_row import ModelRow
    from spbench.sweeps.models.session import Study

_WHAT = [
    click.argument("models", nargs=-1, metavar="[MODEL]..."),
    click.option("--config", type=click.Path(), help="YAML file; options override its keys."),
    click.option(
        "--runtime",
        "runtimes",
        metavar="NAME,...",
        help="Or all.  [default: all that are registered]",
    ),
    click.option("--pattern", metavar="RxC,...", help="Blocks to prune in.  [default: 4x1]"),
    click.option(
        "--sparsity", metavar="S,...", help="Prune to it first.  [default: the model as it is]"
    ),
]
_WHERE = [
    click.option("--seed", help="Of the random numbers.  [default: 0]"),
    click.option("--out", type=click.Path(path_type=Path), help="Folder of the run."),
    click.option("--resume", type=click.Path(path_type=Path), help="Go on in this run's folder."),
]


def study_options(name: str, *own: Callable) -> Callable[[Callable], Callable]:
    """Options of a study: what it is about, its ``own``, and where its run goes.

    ``name`` is that of a run that is given none.
    """
    named = click.option("--name", help=f"Name of the run.  [default: {name}]")

    def decorate(function: Callable) -> Callable:
        for option in reversed([*_WHAT, *own, named, *_WHERE]):
            function = option(function)
        return function

    return decorate


def run_study(
    study: Study,
    print_rows: Callable[[Sequence[ModelRow]], None],
    single: Collection[str],
    models: Sequence[str],
    config: str | None,
    out: Path | None,
    resume: Path | None,
    **given: str | None,
) -> None:
    """Start or resume, measure what is missing, print, and fail where nothing can be believed.

    Options that are not ``single`` are lists.
    """
    from spbench.sweeps.models.outcome import remarks
    from spbench.sweeps.models.session import ModelSession

    require_one_folder(out, resume)
    values = values_of(given, single)
    values |= {"models": list(models)} if models else {}
    if resume is not None:
        session = ModelSession.resume(study, resume, config, values)
    else:
        session = ModelSession.start(study, out, config, values)
    with closing(session):
        run_session(session, f"spbench run-model {study.command}")
    for warning in session.warnings():
        click.echo(f"warning: {warning}", err=True)
    rows = session.folder.latest()
    print_rows(rows)
    for line in remarks(rows):
        click.echo(line)
    click.echo(f"\n{session.folder.path}\nspbench report {session.folder.path}")
    session.require_results()
