"""``spbench export``: a run's rows for other people's tools."""

from __future__ import annotations

import click

_FORMATS = ("csv", "parquet", "markdown", "google-benchmark", "pyperf")


@click.command()
@click.argument("run", type=click.Path())
@click.option("--format", "format_", type=click.Choice(_FORMATS), required=True)
@click.option("--out", type=click.Path(), metavar="FILE", help="File to write.  [default: stdout]")
def export(run: str, format_: str, out: str | None) -> None:
    """Write the rows of RUN in a format that other tools read.

    CSV and Parquet hold every field of every row, the samples of all rounds included.
    google-benchmark is what its tools/compare.py reads; pyperf what `python -m pyperf`
    reads, in seconds. A case measured again on --resume stands once, as measured last.
    """
    from spbench.store.export.export import export_run

    content = export_run(run, format_, out)
    click.echo(out if out is not None else content, nl=out is not None)
