"""spbench inspect: zeros by element against zeros by block, and what they are worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from spbench.cli.tables import format_option, percent, print_table

if TYPE_CHECKING:
    from spbench.formats import BlockShape
    from spbench.pruning.inspection import InspectedLayer, Inspection


@click.command()
@click.argument("model")
@click.option(
    "--pattern",
    "patterns",
    multiple=True,
    default=["4x1"],
    show_default=True,
    metavar="RxC",
    help="Block, outputs x inputs; repeat it or separate by commas.",
)
@format_option
def inspect(model: str, patterns: tuple[str, ...], format_: str) -> None:
    """Show why a pruned MODEL is, or is not, faster.

    MODEL is a Hugging Face folder, or the name of an installed package that
    carries one. Kernels skip whole blocks only: zeros that are scattered over
    the blocks save no time. Index bytes are what a packed weight needs to say where
    its weights belong, for each nonzero one.
    """
    from spbench.formats import BlockShape
    from spbench.formats.checkpoint import Checkpoint
    from spbench.pruning.inspection import inspect_checkpoint

    texts = [text for part in patterns for text in part.split(",")]
    shapes = list(dict.fromkeys(BlockShape.parse(text) for text in texts))
    inspection = inspect_checkpoint(Checkpoint.open(model), shapes)
    blocks = {f"block_sparsity_{shape}": f"zero {shape} blocks" for shape in shapes}
    index = {
        f"index_bytes_{shape}": f"index bytes a nonzero, {shape}"
        for shape in inspection.total.index
    }
    shown = dict.fromkeys(["element_sparsity", *blocks], percent)
    print_table(
        [_row(layer) for layer in inspection.layers],
        {"layer": "layer", "shape": "shape", "element_sparsity": "zero weights", **blocks, **index},
        format_,
        shown | dict.fromkeys(index, lambda value: "-" if value is None else f"{value:.2f}"),
        _row(inspection.total),
    )
    for_people = format_ in ("table", "markdown")
    if for_people:
        click.echo()
    for shape in shapes:
        click.echo(_summary(inspection, shape, model), err=not for_people)


def _row(layer: InspectedLayer) -> dict:
    row = {"layer": layer.name, "element_sparsity": layer.weights.share}
    if layer.shape:
        row["shape"] = f"{layer.shape[0]}x{layer.shape[1]}"
    row |= {f"block_sparsity_{shape}": n.share for shape, n in layer.blocks.items()}
    return row | {f"index_bytes_{shape}": cost.per_nonzero for shape, cost in layer.index.items()}


def _summary(inspection: Inspection, pattern: BlockShape, model: str) -> str:
    from spbench.pruning.inspection import Verdict

    total, verdict = inspection.total, inspection.verdict(pattern)
    elements, blocks = percent(total.weights.share), percent(total.blocks[pattern].share)
    bound = f"{inspection.work_bound(pattern):.1f}x"
    command = f"spbench prune {model} --pattern {pattern} --sparsity 0.8 --out DIR"
    if verdict is Verdict.DENSE:
        return f"{elements} of the weights are zero: nothing to skip; prune first: {command}"
    if verdict is Verdict.BLOCKED:
        return (
            f"{elements} of the weights and {blocks} of {pattern} blocks are zero: "
            f"kernels for {pattern} can skip them, at most {bound} less work"
        )
    return (
        f"{elements} of the weights are zero, but only {blocks} of {pattern} blocks: kernels skip "
        f"whole blocks, so at most {bound} less work; prune the unpruned model with "
        f"--pattern {pattern}"
    )
