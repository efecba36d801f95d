"""spbench evaluate: what models are still worth, on real text."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spbench.cli.tables import format_option, percent, print_table

if TYPE_CHECKING:
    from spbench.store.quality_row import Estimate, QualityRow

_FIDELITY = {
    "sentence_cosine": "sentences",
    "hidden_cosine": "hidden states",
    "similarity_rank_correlation": "ranks",
}

_LEGEND = (
    "sentences, hidden states: cosine to the dense model; ranks: correlation of similarities. "
    "Tasks: accuracy in %, and what it loses in points. ±: 95 %."
)


@click.command()
@click.argument("models", nargs=-1, required=True, metavar="MODEL...")
@click.option("--reference", metavar="DENSE", help="Dense model to compare with, in f32.")
@click.option(
    "--runtime",
    type=click.Choice(["spbench", "torch"]),
    help="What runs the models: int8 engine, or f32.  [default: spbench]",
)
@click.option("--texts", type=int, help="Held-out texts of each task.  [default: 2000]")
@click.option("--tokens", type=int, help="Cut texts at so many tokens.  [default: 128]")
@click.option("--task", help="Tasks, by comma.  [default: imdb,short-texts]")
@click.option("--threads", type=int, help="[default: the physical cores]")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Results folder; rows are added to it."
)
@format_option
def evaluate(
    models: tuple[str, ...],
    reference: str | None,
    runtime: str | None,
    texts: int | None,
    tokens: int | None,
    task: str | None,
    threads: int | None,
    out: Path | None,
    format_: str,
) -> None:
    """Measure what each MODEL is still worth, on text that nothing has trained on.

    Fidelity: how like its sentence vectors and hidden states are to those of the dense
    model. Accuracy: of a linear probe on its sentence vectors, for each task. All with
    95 % intervals by bootstrap over the same texts. The texts come from installed
    packages; a missing one is named with the command that installs it.
    """
    from spbench.cli.progress import Progress
    from spbench.formats.checkpoint import Checkpoint
    from spbench.quality.evaluation import Evaluation
    from spbench.quality.settings import EvaluationSettings
    from spbench.store.quality_row import QUALITY_ROWS, QualityRow
    from spbench.store.rows_file import RowsFile, cannot_write

    tasks = tuple(part.strip() for part in task.split(",")) if task is not None else None
    settings = EvaluationSettings.build(
        runtime=runtime, texts=texts, tokens=tokens, tasks=tasks, threads=threads
    )
    checkpoints = [Checkpoint.open(model) for model in models]
    dense = Checkpoint.open(reference) if reference is not None else None
    steps = Evaluation.steps(len(checkpoints), settings, dense is not None)
    with Progress(steps) as progress:
        evaluation = Evaluation(settings, dense, progress.advance)
        found = evaluation.rows(checkpoints)
        if out is None:
            rows = list(found)
        else:
            try:
                out.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise cannot_write(out, error) from error
            rows = []
            with closing(RowsFile(out / QUALITY_ROWS, QualityRow)) as file:
                file.claim()
                for row in found:
                    file.append(row)
                    rows.append(row)
    _print(rows, settings.tasks, format_)
    if format_ in ("table", "markdown"):
        click.echo(_LEGEND if dense else _LEGEND.split(". ", 1)[1])
    if out is not None:
        click.echo(f"note: {len(rows)} rows added to {out / QUALITY_ROWS}", err=True)


def _print(rows: list[QualityRow], tasks: tuple[str, ...], format_: str) -> None:
    with_reference = bool(rows and rows[0].reference)
    headers = {"model": "model", "pattern": "blocks", "sparsity_real": "zeros", "runtime": "by"}
    show: dict[str, Any] = {"sparsity_real": percent}
    if with_reference:
        headers |= _FIDELITY
        show |= dict.fromkeys(_FIDELITY, _number)
    for task in tasks:
        headers[f"{task}_accuracy"] = task
        show[f"{task}_accuracy"] = _points
        if with_reference:
            headers[f"{task}_loss"] = f"{task} loss"
            show[f"{task}_loss"] = _points
    table = []
    for row in rows:
        cells = row.model_dump() | row.fidelity
        cells |= {f"{task}_accuracy": found for task, found in row.accuracy.items()}
        table.append(cells | {f"{task}_loss": found for task, found in row.accuracy_loss.items()})
    if format_ in ("json", "csv"):
        headers, table = _flat(headers, table)
    print_table(table, headers, format_, show)


def _flat(headers: dict[str, str], table: list[dict]) -> tuple[dict[str, str], list[dict]]:
    """An estimate as three columns, for programs."""
    from spbench.store.quality_row import Estimate

    keys: dict[str, str] = {}
    rows: list[dict] = [{} for _ in table]
    for key in headers:
        for row, flat in zip(table, rows, strict=True):
            value = row[key]
            if isinstance(value, Estimate):
                flat |= {key: value.value, f"{key}_low": value.low, f"{key}_high": value.high}
            else:
                flat[key] = value
        keys |= dict.fromkeys(rows[0], "") if rows else {}
    return keys, rows


def _number(found: Estimate) -> str:
    return f"{found.value:.4f} ± {_reach(found):.4f}"


def _points(found: Estimate) -> str:
    return f"{100 * found.value:.2f} ± {100 * _reach(found):.2f}"


def _reach(found: Estimate) -> float:
    """From the value to the further bound."""
    return max(found.high - found.value, found.value - found.low)
