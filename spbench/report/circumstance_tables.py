"""Tables of how it was measured, on what, and how to repeat it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from spbench.measure.statistics import CONFIDENCE, INDIFFERENCE
from spbench.report.case import Case, percent
from spbench.report.comparison import DISTURBED_SHARE, MINIMUM_ROUNDS
from spbench.report.machine import Machines
from spbench.report.study import Study
from spbench.report.table import Table
from spbench.store.schema import Row

COMMANDS_SHOWN = 200


def machine_facts(machines: Machines, host: str) -> Table:
    """One machine, with ``unknown`` where it does not tell."""
    title = "The machine" if len(machines.by_host) <= 1 else f"The machine {machines.name(host)}"
    return Table(title, ["fact", "value"], machines.of(host).facts())


def protocol(rows: Iterable[Row], indifference: float = INDIFFERENCE) -> Table:
    """How it was measured: the settings that every row carries."""
    return Table(
        "How it was measured",
        ["key", "value"],
        distinct_values(row.protocol for row in rows),
        "The backends of a case ran in turns, each in its own process, in an order that changes"
        " from round to round so that each follows each other one equally often; every result was"
        " checked against the reference by the process that timed it. A turn that lost the core to"
        " other processes for more than a tenth of its time was taken again at once. A ratio is taken round"
        f" by round; its interval holds the median with {percent(CONFIDENCE)} confidence and"
        " assumes no distribution. A case is 'faster' or 'slower' only if its ratio lies more than"
        f" {percent(indifference)} beyond 1 in a sign test, corrected for the number of cases"
        " compared with the same baseline: of all such verdicts at most"
        f" {percent(1 - CONFIDENCE)} are expected to be false (Benjamini and Hochberg). The intervals"
        " themselves are not corrected. A case is undecided with fewer than"
        f" {MINIMUM_ROUNDS} rounds, and if other processes had the core for more than"
        f" {percent(DISTURBED_SHARE)} of the time of either side (disturbed; of several"
        " threads the one counts that waited longest for a core): then it also stays out"
        " of means and sums. Intervals of means and sums are bootstrapped over the rounds of each"
        " case: they hold for these shapes and this run; their verdicts are those of their intervals,"
        " not corrected.",
    )


def distinct_values(settings: Iterable[Mapping[str, Any]]) -> list[list[str]]:
    """Key and value of each setting; what differs among them is listed, or counted."""
    seen: dict[str, set[str]] = {}
    for each in settings:
        for key, value in each.items():
            seen.setdefault(key, set()).add(json.dumps(value, sort_keys=True))
    return [
        [key, next(iter(values)).strip('"') if len(values) == 1 else _varies(values)]
        for key, values in sorted(seen.items())
    ]


def _varies(values: set[str]) -> str:
    shown = sorted(values)
    return ", ".join(shown) if len(shown) <= 4 else f"varies: {len(shown)} values"


def commands(cases: Sequence[Case]) -> Table:
    """The command that repeats each case's row of spbench."""
    shown = cases[:COMMANDS_SHOWN]
    more = len(cases) - len(shown)
    return Table(
        "Commands that repeat a row",
        ["case", "command"],
        [[str(case), case.any_row.command] for case in shown],
        f"{more} more are in rows.jsonl." if more else "",
        code=True,
        facets=[_facets(case) for case in shown],
    )


def _facets(case: Case) -> dict[str, str]:
    """What the page's filters find a case by."""
    sparsity = case.sparsity_real if case.from_model else case.sparsity
    shape = "x".join(map(str, case.shape))
    return {"shape": shape, "n": str(case.n), "sparsity": percent(sparsity)}


def weak_points(study: Study) -> str:
    """A warning where comparisons rest on too few rounds; empty if there is none."""
    few = [each for each in study.comparisons if each.rounds < MINIMUM_ROUNDS]
    if not few:
        return ""
    return (
        f"{len(few)} of {len(study.comparisons)} comparisons rest on fewer than {MINIMUM_ROUNDS}"
        f" rounds, too few for a {percent(CONFIDENCE)} interval, and are undecided for that"
        " reason alone. Sweep again with more rounds."
    )
