"""spbench quantize: a model and texts in, the model with scales of its activations out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from spbench.cli.tables import format_option, print_table

if TYPE_CHECKING:
    from spbench.quantization.record import QuantizationRecord

_HEADERS = {
    "layer": "layer",
    "cosine": "cosine after it",
    "loss": "lost in it",
    "activation_by": "GELU by",
    "table_noise": "noise of a table",
}
_SHOW = {"cosine": "{:.4f}".format, "loss": "{:.4f}".format, "table_noise": "{:.1e}".format}


@click.command()
@click.argument("model")
@click.option(
    "--calibration",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Texts to calibrate on, one a line; a few hundred are enough.",
)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to write.")
@click.option(
    "--method",
    type=click.Choice(["auto", "min-max", "percentile", "mse"]),
    default="auto",
    show_default=True,
    help="How ranges are chosen; auto tries all and takes the best.",
)
@click.option(
    "--percentile", type=float, help="Of the method of that name.  [default: 99.99]", metavar="P"
)
@click.option("--force", is_flag=True, help="Replace an --out that an earlier quantize wrote.")
@format_option
def quantize(
    model: str,
    calibration: Path,
    out: Path,
    method: str,
    percentile: float | None,
    force: bool,
    format_: str,
) -> None:
    """Calibrate the int8 activations of MODEL, and prove them on the same texts.

    MODEL is a Hugging Face folder, or the name of an installed package that
    carries one. The result is again such a folder: its weights stay as they
    are, for the engine quantises them when it loads them, to s8 with one scale
    for each output channel; beside them lie the scales of the activations
    (spbench-activations.json) and a record (spbench-quantization.json).

    The int8 engine then runs the texts. Scales that lose more than 0.02 of
    cosine to f32 are refused.
    """
    from spbench.engine.quantize import Quantizer
    from spbench.formats.checkpoint import Checkpoint
    from spbench.quantization.record import RECORD_NAME
    from spbench.quantization.settings import QuantizationSettings

    settings = QuantizationSettings.build(method=method, percentile=percentile)
    quantizer = Quantizer.read(calibration, settings)
    checkpoint = Checkpoint.open(model)
    checkpoint.check_target(out, RECORD_NAME, force)
    records = []
    checkpoint.save(out, (), {}, lambda folder: records.append(quantizer.run(checkpoint, folder)))
    _print(records[0], format_)
    note_quantized(records[0])
    click.echo(f"note: wrote {out}", err=True)


def note_quantized(record: QuantizationRecord) -> None:
    """Say on stderr how a model was quantised, and what that costs."""
    others = ", ".join(
        f"{name} {cosine:.4f}" for name, cosine in record.cosines.items() if name != record.chosen
    )
    sample = record.done.sample
    click.echo(
        f"note: {record.chosen}: mean cosine to f32 {record.cosine:.4f}, worst "
        f"{record.worst_cosine:.4f}, on {sample.texts} texts, {sample.tokens} tokens"
        + (f" (others: {others})" if others else ""),
        err=True,
    )


def _print(record: QuantizationRecord, format_: str) -> None:
    rows = [layer.model_dump() for layer in record.layers]
    for row, before in zip(rows, [1.0, *(layer.cosine for layer in record.layers)], strict=False):
        row["loss"] = before - row["cosine"]
    total = {"layer": "total", "cosine": record.cosine, "loss": 1 - record.cosine}
    print_table(rows, _HEADERS, format_, _SHOW, total)
