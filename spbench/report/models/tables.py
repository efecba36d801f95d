"""The tables of whole models: latency, time by op, limits, predictions, what did not run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from statistics import median
from typing import Any

from spbench.measure.statistics import CONFIDENCE
from spbench.report.case import percent
from spbench.report.circumstance_tables import distinct_values
from spbench.report.comparison import DISTURBED_SHARE, MINIMUM_ROUNDS
from spbench.report.exclusion import without_numbers
from spbench.report.models.case import DENSE, SUBJECT, ModelCase
from spbench.report.models.limit import Limited, latency
from spbench.report.models.numbers import median_ms, milliseconds, rate, ratio
from spbench.report.models.prediction import Prediction, error
from spbench.report.models.runtime import Footnotes
from spbench.report.models.study import ModelStudy, runtimes
from spbench.report.table import NOTHING, Cell, Table
from spbench.store.model_row import ModelRow
from spbench.store.schema import Status

CASES_NAMED = 5


def latencies(study: ModelStudy) -> Table:
    """Every runtime on every case: latency, throughput, and how much faster spbench is."""
    footnotes = Footnotes.of(study.rows)
    rows, facets = [], []
    for case in study.cases:
        for name in runtimes(case.rows.values()):
            row = case.counted(name)
            if row is not None:
                rows.append([*_about(case), footnotes.labels[name], *_times(study, case, row)])
                facets.append(_facets(case, name))
    return Table(
        "Latency and throughput by runtime",
        [
            *_ABOUT,
            "runtime",
            "ms a call",
            "p99 ms",
            "sequences/s",
            "spbench is faster by",
            "verdict",
        ],
        rows,
        "A call answers batch x tokens. Median over rounds with its 99 % interval; the 99th"
        " percentile is that of single calls. Ratios are taken round by round, the other runtime's"
        " time over spbench's." + footnotes.text,
        facets=facets,
    )


def _times(study: ModelStudy, case: ModelCase, row: ModelRow) -> list[Cell | str]:
    found = study.comparison(case, row.runtime)
    verdict = found.verdict if found else None
    return [
        median_ms(row),
        milliseconds(row.p99_ns) if row.p99_ns else NOTHING,
        rate(row.throughput) if row.throughput else NOTHING,
        Cell(ratio(found.interval) if found else NOTHING, verdict),
        Cell(found.word if found else NOTHING, verdict),
    ]


def loading(study: ModelStudy) -> Table:
    """What does not depend on the size: how near to f32, time to load, what the weights take."""
    found: dict[tuple, list[ModelRow]] = {}
    for case in study.cases:
        for name in runtimes(case.rows.values()):
            row = case.counted(name)
            if row is not None:
                about = _pattern(case.any_row.pattern, case.sparsity)
                found.setdefault((case.model, *about, name), []).append(row)
    return Table(
        "Nearness to f32, time to load, packed weights",
        ["model", "blocks", "zeros", "runtime", "least cosine to f32", "load ms", "weights MB"],
        [[*about, *_loaded(rows)] for about, rows in found.items()],
        "The cosine is that of the output to f32 with the same weights, the least of all sizes. Loading"
        " goes from the files to the first answer, median over sizes; weights are those of linear"
        " layers, indices included.",
        facets=[_facet_names(*about) for about in found],
    )


def _loaded(rows: Sequence[ModelRow]) -> tuple[str, str, str]:
    cosines = [row.cosine for row in rows if row.cosine is not None]
    loads = [row.load_ns for row in rows if row.load_ns]
    sizes = [row.weight_bytes for row in rows if row.weight_bytes]
    return (
        f"{min(cosines):.4f}" if cosines else NOTHING,
        milliseconds(median(loads)) if loads else NOTHING,
        f"{median(sizes) / 1e6:.3g}" if sizes else NOTHING,
    )


def time_by_op(study: ModelStudy) -> Table:
    """Where spbench's time goes, in milliseconds and shares of all ops."""
    cases = [case for case in study.cases if (row := case.counted(SUBJECT)) and row.op_time_ns]
    ops = op_names(cases)
    rows = []
    for case in cases:
        row = case.counted(SUBJECT)
        times = [row.op_time_ns.get(op) for op in ops]
        total = sum(row.op_time_ns.values())
        shares = [
            f"{milliseconds(each)} ({100 * each / total:.0f} %)" if each else NOTHING
            for each in times
        ]
        rows.append([*_about(case), milliseconds(row.time_ns), *shares])
    return Table(
        "spbench's time by op",
        [*_ABOUT, "ms a call", *ops],
        rows,
        "Milliseconds, and the share of all ops together. Ops are timed in calls of their own: their sum"
        " is not the median call.",
        facets=[_facets(case, SUBJECT) for case in cases],
    )


def op_names(cases: Sequence[ModelCase]) -> list[str]:
    """Kinds of op, those that take most of the time first."""
    total: dict[str, float] = {}
    for case in cases:
        row = case.counted(SUBJECT)
        whole = sum(row.op_time_ns.values())
        for op, time_ns in row.op_time_ns.items():
            total[op] = total.get(op, 0.0) + time_ns / whole
    return sorted(total, key=lambda op: (-total[op], op))


def predicted(found: Sequence[Prediction]) -> Table:
    """The prediction from the layers' own times beside what the model was measured at."""
    return Table(
        "Predicted from single layers, and measured in the model",
        [
            *_ABOUT,
            "layers timed with",
            "linear layers: predicted",
            "measured",
            "error",
            "whole model: predicted",
            "measured",
            "error",
        ],
        [
            [
                *_about(each.case),
                f"{each.setting.cache} caches, over {each.baseline}",
                *_errors(each),
            ]
            for each in found
        ],
        "Speed-up of the pruned model over the same model unpruned in the same engine. Predicted for"
        " the linear layers: the sum of their times in `run-gemm --from-model`; for the whole model:"
        " Amdahl's law with the share that linear layers have of the unpruned model's time. An error"
        " above 0 says that the prediction was too high.",
        facets=[_facets(each.case, SUBJECT) for each in found],
    )


def _errors(each: Prediction) -> list[str]:
    linear, model = each.measured_linear, each.predicted_model
    return [
        ratio(each.predicted_linear),
        f"{linear:.2f}x" if linear else NOTHING,
        _percent_off(each.predicted_linear.value, linear) if linear else NOTHING,
        ratio(model) if model else NOTHING,
        ratio(each.measured.interval),
        _percent_off(model.value, each.measured.interval.value) if model else NOTHING,
    ]


def _percent_off(predicted: float, measured: float) -> str:
    return f"{100 * error(predicted, measured):+.0f} %"


def throughput_under_limit(found: Sequence[Limited]) -> Table:
    """The best of each search, and how much more spbench answers."""
    rows, facets = [], []
    for search, group in groupby(found, key=lambda each: each.search):
        group = sorted(group, key=lambda each: (each.runtime != SUBJECT, each.runtime))
        own = next((each.throughput for each in group if each.runtime == SUBJECT), None)
        about = _pattern(search.pattern, search.sparsity)
        for each in group:
            rows.append(
                [
                    search.model,
                    *about,
                    str(search.tokens),
                    milliseconds(search.latency_limit_ns),
                    each.runtime,
                    *_found(each, own),
                ]
            )
            facets.append(_facet_names(search.model, *about, each.runtime))
    return Table(
        "Highest throughput under a latency limit",
        [
            "model",
            "blocks",
            "zeros",
            "tokens",
            "limit ms",
            "runtime",
            "sequences/s",
            "spbench answers",
            "batch",
            "instances x threads",
            "p99 ms",
            "tried",
        ],
        rows,
        "Over batches and instances x threads, what answers most sequences a second with its 99th"
        " percentile within the limit. 'Tried' counts the measured combinations.",
        facets=facets,
    )


def _found(each: Limited, own: float | None) -> list[str]:
    if each.best is None:
        return [each.reason, NOTHING, NOTHING, NOTHING, NOTHING, str(each.tried)]
    more = f"{own / each.throughput:.2f}x" if own and each.runtime != SUBJECT else NOTHING
    return [
        rate(each.throughput),
        more,
        str(each.best.batch),
        f"{each.best.instances}x{each.best.threads}",
        milliseconds(latency(each.best)),
        str(each.tried),
    ]


def left_out(study: ModelStudy) -> Table:
    """What did not run or does not count, what was disturbed, and why."""
    rows = [
        [each.runtime, each.status, each.reason, *_named(each.cases)] for each in study.left_out
    ]
    by_runtime: dict[str, list[str]] = {}
    for each in study.disturbed:
        by_runtime.setdefault(each.rival.runtime, []).append(str(each.case))
    reason = (
        "other processes had the core for much of the time: in no verdict line and no prediction"
    )
    rows += [
        [name, "disturbed", reason, *_named(cases)] for name, cases in sorted(by_runtime.items())
    ]
    return Table(
        "Whole models: what did not run or was disturbed, and why",
        ["runtime", "status", "reason", "cases", "which"],
        rows,
        "Of these only the disturbed ones are in tables and figures, with that word.",
    )


def remarks(study: ModelStudy) -> Table:
    """Rows that count, with what the protocol has to say against them."""
    found: dict[tuple[str, str], list[str]] = {}
    for case in study.cases:
        for name in runtimes(case.rows.values()):
            row = case.counted(name)
            if row is not None and row.reason:
                found.setdefault((name, without_numbers(row.reason)), []).append(str(case))
    for each in study.limited:
        if each.best is not None and each.best.reason:
            about = each.runtime, without_numbers(each.best.reason)
            found.setdefault(about, []).append(str(each.search))
    return Table(
        "Whole models: counted, but with a remark",
        ["runtime", "remark", "cases", "which"],
        [[*about, *_named(cases)] for about, cases in sorted(found.items())],
    )


def bad_models(study: ModelStudy) -> str:
    """A warning if outputs were wrong or runtimes failed, with the first; empty if not."""
    grave = [each for each in study.left_out if each.status in ("wrong", "failed")]
    if not grave:
        return ""
    first = grave[0]
    total = sum(len(each.cases) for each in grave)
    noun = "result of a whole model is" if total == 1 else "results of whole models are"
    return (
        f"{total} {noun} wrong or failed: the first, {first.runtime} on {first.cases[0]}:"
        f" {first.reason}. They are in no figure and in no verdict."
    )


def model_runtimes(study: ModelStudy) -> Table:
    """What really ran, in the runtimes' own words."""
    found: dict[str, list[ModelRow]] = {}
    for row in study.rows:
        found.setdefault(row.runtime, []).append(row)
    rows = []
    for name in runtimes(study.rows):
        ran = [row for row in found[name] if row.status is Status.OK]
        rows.append(
            [
                name,
                ", ".join(sorted({row.dtype for row in ran})) or NOTHING,
                ", ".join(sorted({row.implementation for row in ran} - {""})) or NOTHING,
                f"{len(ran)} of {len(found[name])}",
                "; ".join(sorted({row.handicaps for row in ran} - {""})) or NOTHING,
            ]
        )
    return Table(
        "Runtimes of whole models",
        ["runtime", "type", "what ran", "rows", "handicap here"],
        rows,
        facets=[{"runtime": str(row[0])} for row in rows],
    )


def protocol(study: ModelStudy) -> Table:
    """How whole models were measured: the settings that every row carries."""
    return Table(
        "How whole models were measured",
        ["key", "value"],
        distinct_values(_settings(row) for row in study.rows),
        "The runtimes of a case ran the same weights in turns, each in its own process; every output"
        " was checked against f32 with the same weights by the process that timed it. A ratio is taken"
        f" round by round; its interval holds the median with {percent(CONFIDENCE)} confidence."
        f" Faster or slower is what lies more than {percent(study.indifference)} beyond 1 in a sign"
        " test, corrected for the number of comparisons (Benjamini and Hochberg); with fewer than"
        f" {MINIMUM_ROUNDS} rounds, or if other processes had the core for more than"
        f" {percent(DISTURBED_SHARE)} of either's time (disturbed), a case is undecided."
        + (_SEARCHED if study.limited else ""),
    )


def _settings(row: ModelRow) -> Mapping[str, Any]:
    """What was asked for: what a search tried is a result."""
    return {key: value for key, value in row.protocol.items() if key != "tried"}


_SEARCHED = (
    " A search under a latency limit has one runtime after another, not in turns; calls that lost their"
    " core to other processes are left out there, and the slowest instance has the 99th percentile."
)
_ABOUT = ("model", "blocks", "zeros", "batch x tokens", "threads")


def _about(case: ModelCase) -> list[str]:
    row = case.any_row
    threads = str(row.threads) if row.instances == 1 else f"{row.instances} x {row.threads}"
    return [case.model, *_pattern(row.pattern, row.sparsity), case.size, threads]


def _pattern(pattern: str, sparsity: float) -> tuple[str, str]:
    return pattern, NOTHING if pattern == DENSE else percent(sparsity)


def _facets(case: ModelCase, runtime: str) -> Mapping[str, str]:
    row = case.any_row
    names = _facet_names(case.model, *_pattern(row.pattern, row.sparsity), runtime)
    return {**names, "size": case.size}


def _facet_names(model: str, pattern: str, zeros: str, runtime: str) -> Mapping[str, str]:
    found = {"model": model, "blocks": pattern, "sparsity": zeros, "runtime": runtime}
    return {name: value for name, value in found.items() if value != NOTHING}


def _named(cases: Sequence[str]) -> tuple[str, str]:
    more = len(cases) - CASES_NAMED
    told = ", ".join(cases[:CASES_NAMED]) + (f" and {more} more" if more > 0 else "")
    return str(len(cases)), told
