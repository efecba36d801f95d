"""``spbench report``: a results folder in, verdict, tables, figures and a page out."""

from __future__ import annotations

import click

from spbench.cli.share import indifference_option


@click.command()
@click.argument("run", type=click.Path())
@click.option("--out", type=click.Path(), help="Folder for the report.  [default: RUN]")
@click.option(
    "--baseline",
    help="Dense backend that speed-ups are taken over.  [default: the fastest of each case]",
)
@indifference_option("that of the sweep, 1% unless told")
def report(run: str, out: str | None, baseline: str | None, indifference: float | None) -> None:
    """Write the report of a results folder: report.html, report.md and figures/.

    RUN is the folder that `spbench run-gemm sweep`, `spbench run-model` or `spbench evaluate`
    wrote, or all of them. Prints the verdict and the page's path: of products three lines (the
    model's own layers, random shapes, other sparse libraries), before them, if there are
    several settings (threads, blocks), which one they are about; of whole models a line each,
    and which blocks to choose.
    """
    from spbench.errors import InputError

    try:
        from spbench.report.build import build_report
    except ModuleNotFoundError as error:
        if error.name != "matplotlib":
            raise
        raise InputError("figures need matplotlib: pip install 'spbench[report]'") from error

    result = build_report(run, out, baseline, indifference)
    if len(result.settings) > 1:
        first, *others = result.settings
        click.echo(f"Setting    {first}; {len(others)} more in the report")
    for line in result.verdict:
        click.echo(line)
    click.echo(result.html)
