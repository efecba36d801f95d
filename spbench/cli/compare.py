"""``spbench compare``: what changed between two runs, and a gate on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from spbench.cli.share import Share, indifference_option
from spbench.cli.tables import format_option, print_table

if TYPE_CHECKING:
    from spbench.report.run_comparison.compare import RunComparison
    from spbench.report.run_comparison.gate import Breach, Sight
    from spbench.report.run_comparison.not_compared import NotCompared

TRIPPED = 3

_HEADERS = {
    "case": "M x K x N, zeros",
    "backend": "backend",
    "host": "machine",
    "pattern": "blocks",
    "threads": "threads",
    "output": "output",
    "epilogue": "epilogue",
    "cache": "caches",
    "a_time_ns": "A us",
    "b_time_ns": "B us",
    "change": "A / B [99 %]",
    "verdict": "B is",
    "remark": "remark",
}
_OPTIONAL = ("host", "pattern", "threads", "output", "epilogue", "cache", "remark")
"""Columns that are shown only where they tell rows apart."""


@click.command()
@click.argument("run_a")
@click.argument("run_b")
@click.option("--backend", "backends", metavar="NAME,...", help="Compare only these.")
@click.option(
    "--fail-on",
    "allowed",
    type=Share(),
    help="Exit with 3 if B is slower than A by more than this for certain, or lost results.",
)
@indifference_option("1%")
@click.option("--across-machines", is_flag=True, help="Compare runs of different machines.")
@format_option
def compare(
    run_a: str,
    run_b: str,
    backends: str | None,
    allowed: float | None,
    indifference: float | None,
    across_machines: bool,
    format_: str,
) -> None:
    """Compare RUN_B with RUN_A, case by case: a ratio above 1 means that B is faster.

    A run is a folder of `spbench run-gemm sweep`, or several repeats of one sweep,
    separated by commas (A1,A2,A3): from repeats the variance between runs is known,
    with one run each it is estimated from the spread over cases. Times are taken over
    those of the control kernel in the same rounds, so that the machine's own change
    between the runs is not in the ratios; it is told apart.

    Machines of one kind (CPU, caches, cores, hypervisor) count as one machine: two virtual
    machines side by side are not told apart. RUN@HOST is one machine of a run on many.

    --fail-on trips if the whole interval of a case, or of a backend's geometric
    mean, lies beyond the limit; the intervals are widened for being many. It trips as
    well if a result of A is wrong, failed or missing in B. Which slowdown it could
    have seen is told on stderr.
    """
    from spbench.report.run_comparison.compare import compare_runs
    from spbench.report.run_comparison.gate import breaches, losses, sights

    names = [name.strip() for name in backends.split(",")] if backends is not None else []
    gated = allowed is not None
    zone = {} if indifference is None else {"indifference": indifference}
    comparison = compare_runs(run_a, run_b, names, across_machines, may_be_lost=gated, **zone)
    looked_at = (comparison.changes, comparison.means, allowed)
    found = breaches(*looked_at) if gated else None
    seen = sights(*looked_at) if gated else []
    if format_ == "json":
        _print_json(comparison, found, seen)
    else:
        _print(comparison, format_)
    for warning in comparison.warnings:
        click.echo(f"Warning: {warning}", err=True)
    for sight in seen:
        click.echo(f"Gate: {sight}", err=True)
    if gated:
        _trip(found, losses(comparison.not_compared), allowed)


def _print_json(comparison: RunComparison, found: list[Breach] | None, seen: list[Sight]) -> None:
    import json

    from spbench.report.run_comparison.document import document

    click.echo(json.dumps(document(comparison, found, seen), indent=1, ensure_ascii=False))


def _print(comparison: RunComparison, format_: str) -> None:
    """The cases, then what they say together; the latter on stderr beside CSV."""
    from spbench.report.run_comparison.document import change_record

    records = [change_record(change) for change in comparison.changes]
    if format_ == "csv":
        print_table(records, dict.fromkeys(records[0] if records else ["case"]), format_)
    elif records:
        headers = _headers(records)
        rows = [record | {"change": _ratio(record)} for record in records]
        print_table(rows, headers, format_, {"a_time_ns": _us, "b_time_ns": _us})
        click.echo()
        _print_means(comparison, format_)
    for line in _summary(comparison):
        click.echo(line, err=format_ == "csv")


def _headers(records: list[dict[str, Any]]) -> dict[str, str]:
    tells_apart = {key for key in _OPTIONAL if len({record[key] for record in records}) > 1}
    tells_apart |= {"remark"} if any(record["remark"] for record in records) else set()
    return {
        key: head for key, head in _HEADERS.items() if key not in _OPTIONAL or key in tells_apart
    }


def _print_means(comparison: RunComparison, format_: str) -> None:
    from spbench.report.run_comparison.document import mean_record

    rows = [record | {"change": _ratio(record)} for record in map(mean_record, comparison.means)]
    headers = {"backend": "geometric mean", "cases": "cases", "change": "A / B [99 %]"}
    if len({row["host"] for row in rows}) > 1:
        headers["host"] = "machine"
    print_table(rows, headers | {"verdict": "B is"}, format_)
    click.echo()


def _summary(comparison: RunComparison) -> list[str]:
    from spbench.report.run_comparison.document import counts, machine_record
    from spbench.report.run_comparison.not_compared import grouped

    lines = []
    for record in map(machine_record, comparison.machine):
        lines.append(
            f"The machine itself: {record['control']} took {_us(record['a_time_ns'])} us in A,"
            f" {_us(record['b_time_ns'])} us in B: {_ratio(record)}"
        )
    lines += [f"Differs: {difference}" for difference in comparison.differences]
    lines += [f"Not compared: {group}" for group in grouped(comparison.not_compared)]
    found = ", ".join(f"{count} {kind}" for kind, count in counts(comparison).items())
    how = "over the control's" if comparison.adjusted else "RAW"
    lines.append(f"B against A, times {how}, {len(comparison.changes)} compared: {found}")
    lines.append(f"({comparison.basis})")
    return lines


def _ratio(record: dict[str, Any]) -> str:
    low, value, high = (record[key] for key in ("ratio_low", "ratio", "ratio_high"))
    if high is None:
        return f"{value:.3f} [not known]"
    return f"{value:.3f} [{low:.3f}, {high:.3f}]"


def _us(time_ns: float) -> str:
    return f"{time_ns / 1e3:.2f}"


def _trip(found: list[Breach], lost: list[NotCompared], allowed: float) -> None:
    """Exit if anything is slower for certain, or has no result any more."""
    if found:
        limit = f"{100 * allowed:.3g} %"
        click.echo(f"Gate: slower than A by more than {limit}, for certain:", err=True)
    for breach in found:
        click.echo(f"  {breach}", err=True)
    if lost:
        click.echo("Gate: A has a result, B has none that counts:", err=True)
    for each in lost:
        click.echo(f"  {each}", err=True)
    if found or lost:
        raise SystemExit(TRIPPED)
