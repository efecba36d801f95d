"""``spbench run-model plan``: every op of a model as the engine runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from spbench.cli.options import pruning_options
from spbench.cli.tables import format_option, percent, print_table

if TYPE_CHECKING:
    from spbench.models.loading import LoadedModel

_HEADERS = {
    "name": "op",
    "kernel": "kernel",
    "isa": "ISA",
    "form": "form",
    "sparsity": "left out",
    "weight_bytes": "weights, bytes",
    "buffer_bytes": "writes to, bytes",
    "reason": "why this form",
}


@click.command()
@click.argument("model")
@click.option("--threads", type=click.IntRange(min=1), help="[default: the physical cores]")
@pruning_options
@format_option
def plan(
    model: str, threads: int | None, pattern: str | None, sparsity: float | None, format_: str
) -> None:
    """Show every op of MODEL: its kernel, its form, its memory, and why.

    MODEL is a Hugging Face folder, the name of an installed package that carries
    one, or a YAML file of configs/models. Weights that are clearly sparse or
    dense are packed so; others are measured in each form, once for this CPU.
    Ops share buffers.
    """
    from spbench.models.loading import load_model
    from spbench.sweeps.thread_count import require_cpus

    require_cpus(threads or 1)
    loaded = load_model(model, threads, pattern=pattern, sparsity=sparsity)
    rows = [
        vars(row)
        | {
            "isa": row.kernel.rpartition("_")[2],
            "sparsity": row.sparsity if row.form else None,
            "weight_bytes": row.weight_bytes or None,
        }
        for row in loaded.engine.plan().rows
    ]
    counts = dict.fromkeys(["weight_bytes", "buffer_bytes"], lambda count: f"{count:,}")
    print_table(rows, _HEADERS, format_, {"sparsity": percent} | counts)
    for_people = format_ in ("table", "markdown")
    if for_people:
        click.echo()
    for line in _totals(loaded):
        click.echo(line, err=not for_people)


def _totals(loaded: LoadedModel) -> list[str]:
    plan = loaded.engine.plan()
    share, dense = plan.dense_share, f"{plan.dense_bytes / 1e6:.1f} MB"
    tokens, first = loaded.first_tokens, f"{loaded.first_call_ns / 1e6:.1f} ms"
    return [
        f"activations: {loaded.activations}",
        f"weights: {plan.weight_bytes / 1e6:.1f} MB packed, {share:.2f} of dense int8 ({dense})",
        f"buffers: {plan.buffer_bytes / 1e6:.1f} MB, laid out beforehand; threads: {plan.threads}",
        f"loading: {loaded.load_ns / 1e9:.2f} s, the first call of {tokens} tokens {first}",
    ]
