"""The cost ledger: what a product costs beside its kernel, and what the headline contains of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from spbench.measure.statistics import Interval
from spbench.report.case import Case, layer_names, percent
from spbench.report.study import Study
from spbench.report.table import NOTHING, Table
from spbench.store.schema import Row

BARE = "s32"
"""The output that passes no epilogue: its time is the kernel's."""


@dataclass(frozen=True)
class Entry:
    """The costs of one case with one backend, nanoseconds.

    ``row`` counts; ``bare`` is the row of the same product with s32 output, ``row`` itself where
    that is its output, None where the run has none.
    """

    case: Case
    row: Row
    bare: Row | None

    @property
    def kernel_ns(self) -> float | None:
        """Of one call, the bare product; None if it was not measured apart from the epilogue."""
        return self.bare.time_ns if self.bare else None

    @property
    def epilogue_ns(self) -> Interval | None:
        """What the epilogue adds to a call; None if there is none, or no bare product to compare.

        A difference of medians that were not measured in the same rounds: its bounds are
        those of both 99 % intervals, and it may well be negative within them.
        """
        if self.bare is None or self.bare is self.row:
            return None
        whole, bare = _time(self.row), _time(self.bare)
        return Interval(whole.low - bare.high, whole.value - bare.value, whole.high - bare.low)

    @property
    def call_ns(self) -> float:
        """A call whose activations come as [tokens, channels]: change of layout and all."""
        return self.row.time_ns + (self.row.layout_ns or 0.0)


def entries(study: Study, others: Iterable[Study] = ()) -> Iterator[Entry]:
    """The ledger of the study's subject and of its baseline, case by case.

    ``others`` are the run's other studies, in which the bare products may be.
    """
    bare = {_product(case): case for each in (study, *others) for case in _bare_cases(each)}
    for case in study.cases:
        counterpart = bare.get(_product(case))
        for row in (case.counted(study.subject), study.baseline_of(case)):
            if row:
                yield Entry(case, row, counterpart.counted(row.backend) if counterpart else None)


def ledger(study: Study, others: Iterable[Study] = ()) -> Table:
    """Packing, change of layout, kernel and epilogue of subject and baseline, side by side.

    ``others`` are the run's other studies: the kernel alone is read from the one with s32 output.
    """
    names = layer_names(case for case in study.cases if case.from_model)
    rows = [_cells(entry, names) for entry in entries(study, others)]
    heads = ["weights"] if names else []
    heads += ["MxK", "N", "zeros", "backend", "preparing, once", "change of layout", "kernel"]
    return Table(
        "What a product costs, part by part",
        [*heads, "epilogue", "a call in all"],
        rows,
        f"Microseconds, medians. {headline_contents(study)} Preparing is all that a library builds"
        " from the weights (packing, compiling of kernels), median over the places in memory where a"
        " case is laid out, one for a large case; it is paid once for a weight, all else by every"
        " call. The change of layout starts from X as [tokens, channels]; Y's way"
        " back is not counted. An epilogue's cost is the time with it minus the time of the same"
        " product with s32 output.",
        numbers_from=len(heads) - 3,
    )


def headline_contents(study: Study) -> str:
    """One sentence: what the headline's speed-ups contain, and what they do not."""
    output = study.setting.output
    contains = (
        "the kernel alone, with s32 output and no epilogue"
        if output == BARE
        else f"the kernel and its epilogue ({study.setting.epilogue}, {output} output) in one call"
    )
    return (
        f"The headline speed-up contains {contains}; packing is not in it, and the change of layout"
        " only where it says so."
    )


def _bare_cases(study: Study) -> Sequence[Case]:
    return study.cases if study.setting.output == BARE else ()


def _product(case: Case) -> tuple:
    """What two cases share that differ in their output only."""
    row, setting = case.any_row, case.setting
    where = (setting.host, setting.pattern, setting.threads, setting.cache)
    return (*where, row.m, row.k, row.n, row.sparsity, row.weights, row.seed)


def _cells(entry: Entry, names: dict[str, str]) -> list[str]:
    case, row = entry.case, entry.row
    return [
        *([names.get(case.tensor, "random weights")] if names else []),
        "x".join(map(str, case.shape)),
        str(case.n),
        percent(case.sparsity_real if case.from_model else case.sparsity),
        row.backend,
        _microseconds(row.prepare_ns),
        _microseconds(row.layout_ns),
        _kernel(entry),
        _epilogue(entry),
        _microseconds(entry.call_ns),
    ]


def _kernel(entry: Entry) -> str:
    if entry.kernel_ns is None:
        return f"{_microseconds(entry.row.time_ns)} with epilogue"
    return _microseconds(entry.kernel_ns)


def _epilogue(entry: Entry) -> str:
    if entry.row.output == BARE:
        return f"none: {BARE} output"
    added = entry.epilogue_ns
    if added is None:
        return f"not measured: no {BARE} output in this run"
    return f"{_microseconds(added.value)} [{_microseconds(added.low)}, {_microseconds(added.high)}]"


def _time(row: Row) -> Interval:
    """The row's median with its bounds; rows without bounds have none wider than the median."""
    low = row.time_ns if row.time_ns_low is None else row.time_ns_low
    high = row.time_ns if row.time_ns_high is None else row.time_ns_high
    return Interval(low, row.time_ns, high)


def _microseconds(time_ns: float | None) -> str:
    if time_ns is None:
        return NOTHING
    time_us = time_ns / 1000
    return f"{time_us:.2f}" if abs(time_us) < 10 else f"{time_us:.1f}"
