"""Tables of how it was measured, on what, and how to repeat it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from spbench.measure.statistics import CONFIDENCE, INDIFFERENCE
from spbench.report.case import Case, percent
from spbench.report.comparison import MINIMUM_ROUNDS
from spbench.report.machine import MachineFacts
from spbench.report.study import Study
from spbench.report.table import Table
from spbench.store.schema import Row

COMMANDS_SHOWN = 200


def machine_facts(machine: MachineFacts) -> Table:
    """The machine, with ``unknown`` where it does not tell."""
    return Table("The machine", ["fact", "value"], machine.facts())


def protocol(rows: Iterable[Row]) -> Table:
    """How it was measured: the settings that every row carries."""
    seen: dict[str, set[str]] = {}
    for row in rows:
        for key, value in row.protocol.items():
            seen.setdefault(key, set()).add(json.dumps(value, sort_keys=True))
    settings = [
        [key, next(iter(values)).strip('"') if len(values) == 1 else _varies(values)]
        for key, values in sorted(seen.items())
    ]
    return Table(
        "How it was measured",
        ["setting", "value"],
        settings,
        "The backends of a case ran in turns, A B A B, each in its own process, and every result"
        " was checked against the reference by the process that timed it. A ratio is taken round"
        f" by round; its interval holds the median with {percent(CONFIDENCE)} confidence and"
        " assumes no distribution. A verdict is 'faster' or 'slower' only if the whole interval"
        f" lies more than {percent(INDIFFERENCE)} beyond 1, and 'undecided' with fewer than"
        f" {MINIMUM_ROUNDS} rounds. Means and sums are taken bound by bound, so their intervals"
        " are wider than they need be.",
    )


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
    )


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
