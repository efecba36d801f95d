"""spbench prune: a model in, the same model with whole blocks of zeros out."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from spbench.cli.tables import format_option, percent, print_table

if TYPE_CHECKING:
    from spbench.pruning.journal import Journal
    from spbench.pruning.prune import Pruning
    from spbench.pruning.record import Record
    from spbench.pruning.threads import Pool

_HEADERS = {
    "layer": "layer",
    "shape": "shape",
    "element_sparsity": "zero weights",
    "block_sparsity": "zero blocks",
    "energy_kept": "energy kept",
}
_SHOW = {key: percent for key in ("element_sparsity", "block_sparsity", "energy_kept")}
_LOSS = {"loss": "error of answers"}
_KINDS = {  # one of a kind, several
    "embedding": ("embedding", "embeddings"),
    "LayerNorm": ("LayerNorm tensor", "LayerNorm tensors"),
    "bias": ("bias", "biases"),
    "head": ("head", "heads"),
    "skipped": ("skipped layer", "skipped layers"),
    "other": ("other tensor", "other tensors"),
}


@click.command()
@click.argument("model")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to write.")
@click.option("--pattern", metavar="RxC", help="Block, outputs x inputs.  [default: 4x1]")
@click.option(
    "--method",
    type=click.Choice(["magnitude", "wanda", "snip-momentum", "second-order"]),
    help="How blocks are chosen; all but magnitude need --calibration.  [default: magnitude]",
)
@click.option("--sparsity", type=float, help="Share of blocks to drop, 0 to 1.  [default: 0.8]")
@click.option(
    "--scope",
    type=click.Choice(["layer", "global", "sensitivity"]),
    help="Drop that share in each layer, over all of them, or where the model feels it least, by "
    "--calibration text.  [default: layer]",
)
@click.option(
    "--speed-up", type=float, metavar="X", help="With scope sensitivity, in place of --sparsity."
)
@click.option(
    "--cost-from",
    type=click.Path(path_type=Path),
    metavar="RUN",
    help="Folder of a run-gemm sweep over the model's shapes: the times --speed-up counts in.",
)
@click.option(
    "--norm", type=click.Choice(["l1", "l2"]), help="Norm that ranks blocks.  [default: l2]"
)
@click.option("--skip", multiple=True, metavar="REGEX", help="Layers to leave; adds to the recipe.")
@click.option("--recipe", type=click.Path(path_type=Path), help="YAML file; options override it.")
@click.option(
    "--calibration",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Texts, one a line: what the method looks at. Where the recipe asks for quantization, or "
    "the method needs no text, activations are quantised on it, as `spbench quantize` does.",
)
@click.option(
    "--executor",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="Where matrices and block rows of second order are computed.",
)
@click.option("--address", metavar="HOST:PORT", help="Of the Ray cluster, if not the one here.")
@click.option("--force", is_flag=True, help="Replace an --out that an earlier prune wrote.")
@click.option("--resume", is_flag=True, help="Go on with a pruning or recovery that was stopped.")
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0, min_open=True),
    metavar="MINUTES",
    help="End a recipe's recovery after so long, at the step where it is.  [default: none]",
)
@click.option("--threads", type=click.IntRange(min=1), help="Of training.  [default: all cores]")
@format_option
def prune(
    model: str,
    out: Path,
    pattern: str | None,
    method: str | None,
    sparsity: float | None,
    scope: str | None,
    speed_up: float | None,
    cost_from: Path | None,
    norm: str | None,
    skip: tuple[str, ...],
    recipe: Path | None,
    calibration: Path | None,
    executor: str,
    address: str | None,
    force: bool,
    resume: bool,
    time_limit: float | None,
    threads: int | None,
    format_: str,
) -> None:
    """Prune the linear layers of MODEL in blocks.

    MODEL is a Hugging Face folder, or the name of an installed package that
    carries one. The result is again such a folder, with a record of what was
    done in spbench.json. Embeddings, LayerNorms and heads are left alone.

    magnitude looks at weights alone. wanda, snip-momentum and second-order look at what text
    makes of the model; second-order also changes the weights and biases that stay, so that
    layers answer as nearly as they can what the dense model's did.

    A recipe may train the pruned model towards the dense one (`recovery:`). Whatever takes
    long can be stopped at any moment, also by a kill; the same command with --resume goes on.
    """
    from spbench.formats.checkpoint import Checkpoint
    from spbench.pruning.prune import prune as run
    from spbench.pruning.recipes import Recipe
    from spbench.pruning.record import RECORD_NAME

    wanted = Recipe.build(
        recipe, skip, pattern=pattern, method=method, sparsity=sparsity, scope=scope, norm=norm,
        speed_up=speed_up, calibration=calibration,
    )  # fmt: skip
    if wanted.recovery is None:
        _refuse_idle(
            {"--time-limit": time_limit, "--threads": threads}, "a recipe that has `recovery:`"
        )
    if not wanted.takes_long:
        _refuse_idle({"--resume": resume}, "a method that looks at text, or recovery")
    if wanted.scope != "sensitivity":
        _refuse_idle({"--cost-from": cost_from}, "scope sensitivity")
    checkpoint = Checkpoint.open(model)
    checkpoint.check_target(out, RECORD_NAME, force)
    for regex in wanted.unused(layer.name for layer in checkpoint.linear_layers):
        _note(f"'{regex}' matches no linear layer")
    costs = None
    if cost_from is not None:
        from spbench.sweeps.layer_times import read_layer_times

        costs = read_layer_times(cost_from)

    def decide(journal: Journal | None = None) -> Pruning:
        with _pool(executor, address) as pool:
            return run(checkpoint, wanted, _progress, pool, costs=costs, journal=journal)

    finish = None
    if wanted.quantizes:
        from spbench.cli.quantize import note_quantized
        from spbench.engine.quantize import Quantizer
        from spbench.quantization.settings import QuantizationSettings

        quantizer = Quantizer.read(
            wanted.calibration, wanted.quantization or QuantizationSettings()
        )

        def finish(folder: Path) -> None:
            note_quantized(quantizer.run(checkpoint, folder))

    if wanted.takes_long:
        from spbench.cli.long_pruning import resumable, run_recovery
        from spbench.pruning.resumable import ResumableJob

        job = ResumableJob(checkpoint, wanted, out, resume)
        with resumable(job):
            _print(job.prune(decide, force, finish), format_)
            if wanted.recovery is not None:
                run_recovery(job, threads, time_limit, finish)
    else:
        pruned = decide()
        pruned.save(out, force, finish)
        _print(pruned.record, format_)
    _note(f"wrote {out}")


def _pool(executor: str, address: str | None) -> AbstractContextManager[Pool | None]:
    """None stands for the threads of this process."""
    if executor == "ray":
        from spbench.pruning.ray_pool import RayPool

        return RayPool(address)
    _refuse_idle({"--address": address}, "--executor ray")
    return nullcontext()


def _refuse_idle(options: Mapping[str, object], needed: str) -> None:
    """Raises :class:`InputError` for an option that was given and would do nothing."""
    from spbench.errors import InputError

    for option, value in options.items():
        if value not in (None, False):
            raise InputError(f"{option} has no effect without {needed}")


def _print(record: Record, format_: str) -> None:
    extra = _LOSS if any(layer.loss is not None for layer in record.layers) else {}
    rows = [
        {"layer": layer.name, "shape": f"{layer.shape[0]}x{layer.shape[1]}"}
        | {key: getattr(layer, key) for key in (*_SHOW, *extra)}
        for layer in record.layers
    ]
    total = {"layer": "total"} | {key: getattr(record.total, key) for key in _SHOW}
    print_table(rows, _HEADERS | extra, format_, _SHOW | dict.fromkeys(extra, percent), total)
    for_people = format_ in ("table", "markdown")
    if for_people:
        click.echo()
    click.echo(f"left alone: {_left_alone(record)}; names in spbench.json", err=not for_people)
    if record.partial:
        _note(f"{_some(record.partial)}: the block does not divide the shape; partial blocks")
    if record.collapsed:
        _note(f"{_some(record.collapsed)}: no block is left; a lower --sparsity or a skip helps")
    if record.not_copied:
        _note(f"not copied, for they hold unpruned weights: {', '.join(record.not_copied)}")


def _left_alone(record: Record) -> str:
    parts = []
    found = record.left_alone_by_kind()
    for kind, nouns in _KINDS.items():
        count, reasons = found.get(kind, (0, []))
        why = f" ({'; '.join(reasons)})" if kind in ("head", "skipped", "other") else ""
        if count:
            parts.append(f"{count} {nouns[count > 1]}{why}")
    return ", ".join(parts) or "nothing"


def _some(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{len(names)} layers, {names[0]} first"


def _progress(layers: Iterable) -> Iterator:
    """The layers, with a bar on stderr where that is a terminal."""
    if not sys.stderr.isatty():
        yield from layers
        return
    with click.progressbar(layers, label="pruning", file=sys.stderr) as bar:
        yield from bar


def _note(text: str) -> None:
    click.echo(f"note: {text}", err=True)
