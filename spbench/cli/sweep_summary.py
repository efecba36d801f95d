"""What ``spbench run-gemm sweep`` prints at its end, on stdout."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from spbench.cli.tables import percent, print_table

if TYPE_CHECKING:
    from spbench.measure.statistics import Interval
    from spbench.report.case import Setting
    from spbench.report.recommendation import Recommendation
    from spbench.report.study import Study
    from spbench.store.run_folder import RunFolder

_SETTING = {"host": "machine", "pattern": "blocks", "threads": "threads", "output": "output"}
_ALWAYS_SHOWN = ("pattern", "threads")


def print_sweep_summary(folder: RunFolder) -> None:
    """Speed-ups and break-even by shape, the model as a whole, remarks, and where to go on.

    Speed-ups are over the fastest dense backend of each case, verdicts corrected for their
    number (:mod:`spbench.report.comparison`).
    """
    from spbench.report.case import group_cases
    from spbench.report.finding import sweep_studies
    from spbench.report.health import health_of
    from spbench.report.recommendation import recommendations
    from spbench.report.study import indifference_of
    from spbench.sweeps.outcome import remarks

    rows = folder.latest()
    cases = group_cases(rows)
    studies = sweep_studies(cases, folder.sweep["backends"], indifference_of(folder.sweep))
    setting_headers = _setting_headers([study.setting for study in studies])
    _print_findings(studies, setting_headers)
    _print_break_evens(studies, setting_headers)
    for recommendation in recommendations(studies):
        click.echo(_model(recommendation))
    for line in [*remarks(rows), *map(str, health_of(cases))]:
        click.echo(line)
    click.echo(f"\n{folder.path}\nspbench report {folder.path}")


def _setting_headers(settings: Sequence[Setting]) -> dict[str, str]:
    """Blocks and threads, and of the rest what differs."""
    return {
        key: title
        for key, title in _SETTING.items()
        if key in _ALWAYS_SHOWN or len({getattr(setting, key) for setting in settings}) > 1
    }


def _print_findings(studies: Sequence[Study], setting_headers: Mapping[str, str]) -> None:
    from spbench.report.finding import findings

    found = [finding for study in studies for finding in findings(study)]
    headers = {
        "shape": "M x K x N",
        **setting_headers,
        "sparsity": "sparsity",
        "time_ns": f"{studies[0].subject} us" if studies else "us",
        "speedup": "speed-up [99 %]",
        "rivals": "over the fastest dense",
        "verdict": "verdict",
    }
    if not any(finding.comparisons for finding in found):
        del headers["speedup"], headers["rivals"], headers["verdict"]
    show: dict[str, Callable[[Any], str]] = {
        "sparsity": percent,
        "time_ns": lambda time_ns: f"{time_ns / 1e3:.1f}",
        "speedup": lambda summary: str(summary.interval),
        "rivals": _rivals,
    }
    rows = [_cells(finding, finding.setting, headers) for finding in found]
    print_table(rows, headers, "table", show)


def _print_break_evens(studies: Sequence[Study], setting_headers: Mapping[str, str]) -> None:
    headers = {
        "shape": "M x K x N",
        **setting_headers,
        "itself": "break-even sparsity [99 %, but not of a fit]",
        "rivals": "over the fastest dense",
    }
    show: dict[str, Callable[[Any], str]] = {
        "shape": lambda sides: "x".join(map(str, sides)),
        "itself": str,
        "rivals": _rivals,
    }
    rows = [
        _cells(each, study.setting, headers) | {"itself": each}
        for study in studies
        for each in study.break_evens
    ]
    if rows:
        click.echo()
        print_table(rows, headers, "table", show)


def _cells(thing: Any, setting: Setting, headers: Mapping[str, str]) -> dict[str, Any]:
    """The fields of the setting, and the thing's own."""
    return {key: getattr(setting if key in _SETTING else thing, key, None) for key in headers}


def _rivals(rivals: Counter[str]) -> str:
    """Such as ``onednn``, or ``onednn in 2, numpy in 1``."""
    if len(rivals) == 1:
        return next(iter(rivals))
    return ", ".join(f"{name} in {count}" for name, count in rivals.most_common())


def _model(found: Recommendation) -> str:
    """The model in sum, with every layer sparse and as recommended."""
    sparse, total = found.everywhere, len(found.layers)
    whole = f"{_over_dense(sparse.interval)} in sum, all {total} linear layers sparse"
    lines = [f"\n{found.model}, N={found.n}: {whole}: {sparse.verdict}", _advice(found)]
    if found.unknown:
        lines.append(f"not in the sum, without a comparison that counts: {len(found.unknown)}")
    return "\n".join(lines)


def _advice(found: Recommendation) -> str:
    advised = ", ".join(f"{advice} in {count}" for advice, count in found.advised.most_common())
    if all(layer.goes_sparse for layer in found.layers):
        return f"recommended: {advised}"
    return f"recommended: {advised}: {_over_dense(found.gain)} in sum"


def _over_dense(interval: Interval) -> str:
    from spbench.report.verdict import times

    return f"{times(interval)} over the fastest dense"
