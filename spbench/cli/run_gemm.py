"""``spbench run-gemm``: matrix products against libraries; a sweep, one case, or what is here."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from spbench.cli.options import values_of
from spbench.cli.session import require_one_folder, run_session
from spbench.cli.share import indifference_option
from spbench.cli.tables import format_option, print_table

_SINGLE = {"from_model", "model_layers", "name", "seed"}
_ONE_CASE = [
    click.option("--pattern", metavar="RxC", help="Blocks, output x input.  [default: 4x1]"),
    click.option("--sparsity", help="Share of the blocks left out, 0 to below 1.  [default: 0.8]"),
    click.option("--threads", help="Threads of every backend.  [default: 1]"),
    click.option("--output", help="Type of the result: s32, f32, u8, s8.  [default: s32]"),
    click.option(
        "--cache",
        help="What a call finds in the caches: hot, cold-weights (X only), cold.  [default: hot]",
    ),
    click.option(
        "--epilogue",
        help="Before f32, u8, s8 are stored: scale+bias, relu, gelu, gelu-table, tanh, residual."
        "  [default: scale+bias]",
    ),
    click.option("--seed", help="Of the random numbers.  [default: 0]"),
    click.option("--protocol", metavar="KEY=VALUE,...", help="Such as rounds=20,case_budget_s=1."),
]


@click.group("run-gemm")
def run_gemm() -> None:
    """Measure matrix products against libraries.

    Lists are separated by commas.
    """


def _case_options(function: Callable) -> Callable:
    for option in reversed(_ONE_CASE):
        function = option(function)
    return function


@run_gemm.command(short_help="Measure every combination of shapes, sparsities, backends ...")
@click.option("--config", type=click.Path(), help="YAML file; options override its keys.")
@click.option("--shapes", "--shape", metavar="MxKxN,...", help="Or MxK, combined with --tokens.")
@click.option("--tokens", metavar="N,...", help="For shapes that have no N.")
@_case_options
@click.option(
    "--backend",
    "backends",
    metavar="NAME,...",
    help="From `run-gemm backends`, or all.  [default: those that `make demo` installs]",
)
@click.option("--from-model", metavar="DIR", help="Measure this model's own layers and weights.")
@click.option("--model-tokens", metavar="N,...", help="N for the model's layers.  [default: 128]")
@click.option("--model-layers", metavar="REGEX", help="Only layers whose name it finds.")
@indifference_option("1%")
@click.option("--name", help="Name of the sweep.  [default: sweep]")
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the run.")
@click.option("--resume", type=click.Path(path_type=Path), help="Go on in this run's folder.")
@click.option(
    "--executor",
    type=click.Choice(["local", "ray"]),
    help="ray: on every node of a Ray cluster.  [default: local]",
)
@click.option("--address", metavar="HOST:PORT", help="Of the Ray cluster, if not the one here.")
def sweep(
    config: str | None,
    out: Path | None,
    resume: Path | None,
    executor: str | None,
    address: str | None,
    **given: str | float | None,
) -> None:
    """Measure every combination of shapes, sparsities, patterns, threads and backends.

    Rows go to rows.jsonl in the folder of the run (results/DATE-TIME-NAME unless
    --out says otherwise), one by one. --resume DIR goes on with a sweep that was
    interrupted, and measures again what failed; it needs no other option.
    """
    from spbench.cli.sweep_summary import print_sweep_summary
    from spbench.sweeps.executors import open_executor
    from spbench.sweeps.session import SweepSession

    require_one_folder(out, resume)
    values = values_of(given, _SINGLE)
    with closing(open_executor(executor, address, resume)) as machines:
        if resume is not None:
            session = SweepSession.resume(resume, config, values, machines)
        else:
            session = SweepSession.start(out, config, values, machines)
        with closing(session):
            run_session(session, "spbench run-gemm sweep", lambda case: str(case.problem))
    for warning in session.warnings():
        click.echo(f"warning: {warning}", err=True)
    print_sweep_summary(session.folder)
    session.require_results()


@run_gemm.command(short_help="Measure one case, as the command in a row does.")
@click.option("--shape", "--shapes", "shapes", metavar="MxKxN", help="Or MxK with --tokens.")
@click.option("--tokens", metavar="N", help="If the shape has no N; for a layer.")
@_case_options
@click.option("--backend", "backends", default="spbench", show_default=True)
@click.option("--from-model", metavar="DIR", help="Take the weights of this model's --layer.")
@click.option("--layer", metavar="NAME", help="Name of the layer's tensor.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="json: the rows as in rows.jsonl.",
)
def one(format_: str, layer: str | None, **given: str | None) -> None:
    """Measure one case: the command that every row carries, which repeats it."""
    from spbench.sweeps.outcome import require_sound
    from spbench.sweeps.single import measure_one

    rows = measure_one(values_of(given, _SINGLE), layer)
    for row in rows:
        click.echo(row.to_json() if format_ == "json" else _readable(row.to_dict()))
    require_sound(rows)


@run_gemm.command(short_help="Show which backends are here and what they run.")
@click.option("--threads", default=1, show_default=True)
@format_option
def backends(threads: int, format_: str) -> None:
    """Show the backends: what is here, its version, what it runs, how to get what is missing."""
    from spbench.sweeps.roll_call import roll_call

    headers = {
        "name": "backend",
        "title": "what it runs",
        "available": "here",
        "version": "version",
        "implementation": "implementation on this CPU",
        "isa": "ISA",
        "handicaps": "handicaps here",
        "note": "note",
    }
    rows = [vars(entry) for entry in roll_call(threads)]
    print_table(rows, headers, format_, {"available": lambda here: "yes" if here else "no"})


def _readable(fields: dict[str, Any]) -> str:
    """A row as `key  value` lines; lists shortened, fields without a value left out."""
    width = max(len(key) for key in fields)
    lines = []
    for key, value in fields.items():
        if isinstance(value, list):
            value = f"{len(value)} samples, first {value[0]:.1f}" if value else None
        if value is not None and value != "":
            lines.append(f"{key:<{width}}  {value}")
    return "\n".join(lines)
