"""spbench texts: train texts in a file, for calibration."""

from __future__ import annotations

from itertools import islice, zip_longest
from pathlib import Path

import click


@click.command()
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE.txt")
@click.option("--set", "names", default="imdb,short-texts", show_default=True, help="By comma.")
@click.option("--count", type=click.IntRange(min=1), default=256, show_default=True)
def texts(file: Path, names: str, count: int) -> None:
    """Write texts into FILE.txt, one a line: what --calibration takes.

    They are train texts: `spbench evaluate` measures with none of them. The sets take
    turns, so that the first lines are of all of them.
    """
    from spbench.texts import read_text_set, write_text_file

    sets = [read_text_set(name.strip()).train.texts for name in names.split(",")]
    in_turn = (text for texts in zip_longest(*sets) for text in texts if text is not None)
    picked = list(islice(in_turn, count))
    write_text_file(file, picked)
    click.echo(f"note: wrote {len(picked)} texts into {file}", err=True)
