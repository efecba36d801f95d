"""Tables of what ran: times, backends, and what did not run."""

from __future__ import annotations

import math
from collections.abc import Sequence

from spbench.report.case import counts, layer_names, percent
from spbench.report.contender import Contender, footnotes
from spbench.report.exclusion import Exclusion
from spbench.report.machine import MachineFacts, Machines
from spbench.report.setting_name import setting_names
from spbench.report.study import Study
from spbench.report.table import NOTHING, Head, Table
from spbench.store.schema import Row

CASES_NAMED = 6


def times(study: Study, machine: MachineFacts, from_model: bool) -> Table:
    """Median time a call of every backend on every case, handicaps as footnotes."""
    cases = [case for case in study.cases if case.from_model == from_model]
    backends = [name for name, each in study.contenders.items() if each.counted]
    heads, footnotes = _footnoted(study, backends, machine)
    names = layer_names(case for case in study.cases if case.from_model)
    rows = [
        [
            names[case.tensor] if from_model else "x".join(map(str, case.shape)),
            str(case.n),
            percent(case.sparsity_real if from_model else case.sparsity),
            *(_time(case.counted(backend)) for backend in backends),
        ]
        for case in cases
    ]
    where = "layers of the model" if from_model else "random shapes"
    return Table(
        f"Times by backend, {where}",
        ["layer" if from_model else "MxK", "N", "zeros", *heads],
        rows,
        f"Median microseconds a call, and how far its 99 % interval reaches.{footnotes}",
        numbers_from=3,
    )


def _footnoted(
    study: Study, backends: Sequence[str], machine: MachineFacts
) -> tuple[list[Head], str]:
    """A header for each backend with the number of its handicap, and the handicaps."""
    labels, notes = footnotes([study.contenders[name] for name in backends], machine)
    return [Head(label, {"backend": name}) for name, label in labels.items()], notes


def _time(row: Row | None) -> str:
    """Such as ``123.4 ±0.8 %``."""
    if row is None:
        return NOTHING
    low = row.time_ns if row.time_ns_low is None else row.time_ns_low
    high = row.time_ns if row.time_ns_high is None else row.time_ns_high
    reach = max(row.time_ns - low, high - row.time_ns) / row.time_ns
    time_us = row.time_ns / 1000
    digits = max(0, 3 - max(0, math.floor(math.log10(time_us))))
    return f"{time_us:.{digits}f} ±{100 * reach:.1f} %"


def backends(studies: Sequence[Study], machines: Machines) -> Table:
    """What each backend is, what really ran, how near it came to the machine's peak."""
    names = setting_names(studies, machines)
    rows = [
        [
            each.name,
            each.kind if each.counted else NOTHING,
            ", ".join(each.implementations) or NOTHING,
            ", ".join(each.isas) or NOTHING,
            _threads(study, each.name) or NOTHING,
            name,
            f"{each.counted} of {each.cases}",
            _best_real(study, each.name, machines.of(study.setting.host)),
            _handicap(each, machines.of(study.setting.host)),
        ]
        for study, name in zip(studies, names, strict=True)
        for each in study.contenders.values()
    ]
    heads = ["backend", "kind", "what ran", "ISA", "threads (pools)", "setting", "cases"]
    return Table(
        "Backends",
        [*heads, "best real GOPS", "handicap here"],
        rows,
        "Real GOPS count only the weights that are stored; the share is of the measured int8 peak"
        " of the threads used. Threads: how many worked on a product, counted by the kernel, and the"
        " pools, with their sizes, that threadpoolctl sees in the library's process.",
    )


def _handicap(contender: Contender, machine: MachineFacts) -> str:
    return (contender.handicap(machine) if contender.counted else "") or NOTHING


def _threads(study: Study, backend: str) -> str:
    """Such as ``2 (libgomp 2)``; of each number of threads that worked, the pools of its rows."""
    rows = [row for row in study.rows if row.backend == backend and counts(row)]
    told = {(row.threads_busy, row.thread_pools or "") for row in rows if row.threads_busy}
    return ", ".join(f"{busy} ({pools})" if pools else f"{busy}" for busy, pools in sorted(told))


def _best_real(study: Study, backend: str, machine: MachineFacts) -> str:
    rates = [
        row.gops_real
        for row in study.rows
        if row.backend == backend and counts(row) and row.gops_real
    ]
    if not rates:
        return NOTHING
    peak = machine.number("limits", "int8_peak_gops")
    share = f" ({100 * max(rates) / (peak * study.setting.threads):.0f} %)" if peak else ""
    return f"{max(rates):.4g}{share}"


def left_out(found: Sequence[Exclusion]) -> Table:
    """What did not run or does not count, and why."""
    rows = [
        [each.backend, each.status, each.reason, str(len(each.cases)), _named(each)]
        for each in found
    ]
    return Table(
        "What did not run, and why",
        ["backend", "status", "reason", "cases", "which"],
        rows,
        "None of these is in a figure or in another table.",
    )


def remarks(found: Sequence[Exclusion]) -> Table:
    """Rows that count, with what the protocol has to say against them."""
    rows = [[each.backend, each.reason, str(len(each.cases)), _named(each)] for each in found]
    return Table(
        "Counted, but with a remark",
        ["backend", "remark", "cases", "which"],
        rows,
        "Another process on the machine, or a library's idle threads, took part of a core while"
        " these were timed. Their intervals are as wide as that made them.",
    )


def _named(exclusion: Exclusion) -> str:
    if exclusion.all_cases:
        return "all"
    grave = exclusion.status in ("wrong", "failed", "no samples")
    shown = exclusion.cases if grave else exclusion.cases[:CASES_NAMED]
    more = len(exclusion.cases) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
