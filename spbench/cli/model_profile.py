"""``spbench run-model profile``: the time of every op, beside its own bound."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spbench.cli.options import pruning_options
from spbench.cli.tables import format_option, percent, print_table

if TYPE_CHECKING:
    from spbench.models.profile import OpTime, Profile

_HEADERS = {
    "name": "op",
    "kind": "kind",
    "kernel": "kernel",
    "form": "form",
    "time_ns": "time, us",
    "time_share": "of all ops",
    "bound_ns": "least time, us",
    "bound_by": "bound by",
    "bound_share": "of its bound",
}
_ENDINGS = (".png", ".svg")


@click.command()
@click.argument("model")
@click.option("--batch", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--tokens", type=click.IntRange(min=1), default=128, show_default=True)
@click.option("--threads", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--seconds", type=click.FloatRange(min=0), default=3, show_default=True)
@click.option(
    "--by",
    type=click.Choice(["kind", "op"]),
    default="kind",
    show_default=True,
    help="Ops of a kind together, or every op.",
)
@pruning_options
@click.option("--figure", type=click.Path(path_type=Path), help="Draw it: FILE.png or FILE.svg.")
@format_option
def profile(
    model: str,
    batch: int,
    tokens: int,
    threads: int,
    seconds: float,
    by: str,
    pattern: str | None,
    sparsity: float | None,
    figure: Path | None,
    format_: str,
) -> None:
    """Time every op of MODEL on sentences of random tokens, beside its own bound.

    MODEL is a Hugging Face folder, the name of an installed package that carries
    one, or a YAML file of configs/models. The bound of an op is what this machine
    needs at least: its int8 and f32 multiply-adds at the measured peaks, or the
    bytes that it reads at the measured bandwidth.
    """
    from spbench.models.loading import load_model
    from spbench.models.profile import profile as measure
    from spbench.sweeps.thread_count import require_cpus

    require_cpus(threads)
    _require_drawable(figure)
    engine = load_model(model, threads, tokens, pattern, sparsity).engine
    measured = measure(engine, batch, tokens, seconds)
    rows = [_row(op, measured) for op in (measured.by_kind() if by == "kind" else measured.ops)]
    headers = {key: head for key, head in _HEADERS.items() if by == "op" or key != "kind"}
    microseconds = dict.fromkeys(["time_ns", "bound_ns"], lambda ns: f"{ns / 1e3:,.1f}")
    shares = dict.fromkeys(["time_share", "bound_share"], percent)
    print_table(rows, headers, format_, microseconds | shares)
    for_people = format_ in ("table", "markdown")
    if for_people:
        click.echo()
    for line in _summary(measured):
        click.echo(line, err=not for_people)
    if figure is not None:
        _draw(measured, model, figure)


def _row(op: OpTime, measured: Profile) -> dict[str, Any]:
    bound = op.bound
    return {
        "name": op.name,
        "kind": op.kind,
        "kernel": op.kernel,
        "form": op.form,
        "time_ns": op.time_ns,
        "time_share": op.time_ns / measured.ops_ns,
        "bound_ns": bound and bound.time_ns,
        "bound_by": bound and bound.by,
        "bound_share": op.share,
    }


def _summary(measured: Profile) -> list[str]:
    from spbench.models.profile import NEAR

    size = f"{measured.batch} x {measured.tokens} tokens, threads: {measured.threads}"
    call, ops = (f"{time_ns / 1e6:.2f} ms" for time_ns in (measured.call_ns, measured.ops_ns))
    lines = [f"{measured.calls} calls of {size}: {call} a call, {ops} in ops (medians)"]
    limits, near = measured.limits, measured.near_share
    if limits is None or near is None:
        return [*lines, "bounds are unknown: this CPU has no vpdpbusd"]
    peaks = f"{limits.int8_peak:.0f} GOPS of int8, {limits.f32_peak:.0f} GFLOPS of f32"
    return [
        *lines,
        f"one core at best: {peaks}",
        f"in ops at {percent(NEAR)} of their own bound or more: {percent(near)} of the time",
    ]


def _require_drawable(figure: Path | None) -> None:
    """Before anything is measured."""
    from spbench.errors import InputError

    if figure is None:
        return
    if figure.suffix.lower() not in _ENDINGS:
        raise InputError(f"{figure}: a figure's name ends in {' or '.join(_ENDINGS)}")
    if not figure.absolute().parent.is_dir():
        raise InputError(f"{figure}: the folder does not exist")
    if importlib.util.find_spec("matplotlib") is None:
        raise InputError("figures need matplotlib: pip install 'spbench[report]'")


def _draw(measured: Profile, model: str, path: Path) -> None:
    from spbench.measure.machine import machine_facts
    from spbench.report.figures.model_profile import draw
    from spbench.report.machine import MachineFacts

    machine = MachineFacts(machine_facts(measure=False))
    drawn = draw(measured, Path(model).name, machine)
    path.write_bytes(drawn.svg if path.suffix.lower() == ".svg" else drawn.png)
