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
    metavar="RxC",
    help="Block, outputs x inputs; repeat it or separate by commas."
    "  [default: the blocks that fit the zeros]",
)
@format_option
def inspect(model: str, patterns: tuple[str, ...], format_: str) -> None:
    """Show why a pruned MODEL is, or is not, faster.

    MODEL is a Hugging Face folder, or the name of an installed package that
    carries one. Kernels skip whole blocks only: zeros that are scattered over
    the blocks save no time. Without --pattern the block shape is found that fits the zeros, and
    said what others would store; checkpoints that compressed-tensors, SparseML or PyTorch's pruning
    wrote are read as they are. Index bytes are what a packed weight needs to say where its weights
    belong, for each nonzero one.
    """
    from spbench.formats import BlockShape
    from spbench.formats.checkpoint import Checkpoint
    from spbench.pruning.inspection import inspect_checkpoint

    texts = [text for part in patterns for text in part.split(",")]
    asked = list(dict.fromkeys(BlockShape.parse(text) for text in texts))
    checkpoint = Checkpoint.open(model)
    inspection = inspect_checkpoint(checkpoint, asked or None)
    shapes = list(inspection.total.blocks)
    for_people = format_ in ("table", "markdown")
    _print_layers(inspection, shapes, fitted=not asked, format_=format_)
    if for_people and not asked:
        click.echo()
        _print_fits(inspection, format_)
    if for_people:
        click.echo()
    lines = [f"stored as {' and '.join(checkpoint.storage)}"] if checkpoint.storage else []
    lines += [] if asked else _fit_lines(inspection)
    for line in [*lines, *(_summary(inspection, shape, model) for shape in shapes)]:
        click.echo(line, err=not for_people)


def _print_layers(
    inspection: Inspection, shapes: list[BlockShape], fitted: bool, format_: str
) -> None:
    blocks = {f"block_sparsity_{shape}": f"zero {shape} blocks" for shape in shapes}
    index = {
        f"index_bytes_{shape}": f"index bytes a nonzero, {shape}"
        for shape in inspection.total.index
    }
    shown = dict.fromkeys(["element_sparsity", *blocks], percent)
    print_table(
        [_row(layer) for layer in inspection.layers],
        {
            "layer": "layer",
            "shape": "shape",
            "element_sparsity": "zero weights",
            **({"fits": "blocks that fit"} if fitted else {}),
            **blocks,
            **index,
        },
        format_,
        shown | dict.fromkeys(index, lambda value: "-" if value is None else f"{value:.2f}"),
        _row(inspection.total),
    )


def _print_fits(inspection: Inspection, format_: str) -> None:
    """What each block shape would store of all layers."""
    print_table(
        [
            {
                "blocks": str(fit.block),
                "stored": fit.stored_share,
                "kept": fit.kept_zeros,
                "bound": fit.weights / max(1, fit.stored),
            }
            for fit in inspection.total.fits.values()
        ],
        {
            "blocks": "blocks",
            "stored": "stored weights",
            "kept": "zeros stored",
            "bound": "less work at most",
        },
        format_,
        {"stored": percent, "kept": percent, "bound": lambda value: f"{value:.1f}x"},
    )


def _fit_lines(inspection: Inspection) -> list[str]:
    """Which blocks fit, and what is lost; nothing for a model without zeros to speak of."""
    from spbench.pruning.inspection import Verdict

    fit = inspection.total.fit
    if inspection.verdict(next(iter(inspection.total.blocks))) is Verdict.DENSE:
        return []
    if fit.block.size > 1:
        kept = percent(fit.kept_zeros)
        line = (
            f"{fit.block} blocks fit: they store {percent(fit.stored_share)} of the weights, {kept}"
            " of the zeros among them"
        )
    else:
        best = inspection.best_blocks
        pairs = (
            " (at most two of four in a row are not zero)" if inspection.total.two_of_four else ""
        )
        line = (
            f"the zeros are scattered{pairs}: of blocks of several weights {best.block} lose least, and"
            f" with them {percent(best.sparsity)} of the work goes away instead of"
            f" {percent(best.zero_share)}"
        )
    lines = [line]
    by_layer = inspection.fitting
    if len(by_layer) > 1:
        told = ", ".join(f"{block} in {count}" for block, count in by_layer.most_common())
        lines.append(f"layer by layer: {told}")
    return lines


def _row(layer: InspectedLayer) -> dict:
    row = {"layer": layer.name, "element_sparsity": layer.weights.share}
    row["fits"] = str(layer.fit.block)
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
