"""spbench texts: train texts in a file, for calibration."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE.txt")
@click.option("--set", "names", default="imdb,short-texts", show_default=True, help="By comma.")
@click.option("--count", type=click.IntRange(min=1), default=256, show_default=True)
def texts(file: Path, names: str, count: int) -> None:
    """Write texts into FILE.txt, one a line: what --calibration takes.

    They are train texts: `spbench evaluate` measures with none of them. COUNT is the
    number of all texts; each set gives its share.
    """
    from spbench.texts import read_text_set, write_text_file

    sets = [read_text_set(name.strip()) for name in names.split(",")]
    shares = [count // len(sets) + (i < count % len(sets)) for i in range(len(sets))]
    picked = [
        text for one, share in zip(sets, shares, strict=True) for text in one.train.texts[:share]
    ]
    write_text_file(file, picked)
    click.echo(f"note: wrote {len(picked)} texts into {file}", err=True)
