"""What made a run's times less steady than they could be: what happened, how much, what to do.

In the manner of hyperfine's warnings. What a machine does not tell is no reason for one.

    before = snapshot()
    ...                                   the run
    for warning in stability_warnings(before, snapshot(), machine_facts(measure=False)):
        print(warning)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from spbench.measure.snapshot import CpuTicks, Snapshot, snapshot
from spbench.measure.system_files import UNKNOWN

__all__ = ["StabilityWarning", "is_standing", "snapshot", "stability_warnings"]

STANDING = ("hypervisor", "governor", "turbo")
"""Names of warnings about what the machine is, all the time; the others tell of events."""

STOLEN_LIMIT = 0.005  # share of the time
OTHERS_LIMIT = 0.05  # cores
SIBLING_LIMIT = 0.05  # share of the time in which both threads of a core were busy, at least
MEMORY_LIMIT = 0.05  # share that is still available


@dataclass(frozen=True)
class StabilityWarning:
    """One thing: its short name, what happened, the number with its unit, what to do."""

    name: str
    what: str
    number: str
    advice: str

    def __str__(self) -> str:
        return f"{self.what} ({self.number}). {self.advice}"

    def to_dict(self) -> dict[str, str]:
        """The fields, as JSON takes them."""
        return asdict(self)


def is_standing(warning: Mapping[str, Any]) -> bool:
    """Whether a warning, as :meth:`StabilityWarning.to_dict` gives it, is about no event."""
    return warning.get("name") in STANDING


def stability_warnings(
    before: Snapshot, after: Snapshot, facts: Mapping[str, Any]
) -> list[StabilityWarning]:
    """Warnings about what happened between two snapshots on the machine of ``facts``.

    ``facts`` are those of :func:`spbench.measure.machine.machine_facts`.
    """
    found = [
        _hypervisor(facts.get("hypervisor", UNKNOWN)),
        _stolen(before, after),
        _governor(facts.get("governor", UNKNOWN)),
        _turbo(facts.get("turbo", UNKNOWN)),
        _siblings(before, after),
        _others(before, after),
        _throttled(before, after),
        _memory(before, after),
        _swapped(before, after),
    ]
    return [warning for warning in found if warning is not None]


def _hypervisor(name: str) -> StabilityWarning | None:
    if name in ("none", UNKNOWN):
        return None
    return StabilityWarning(
        "hypervisor",
        "The machine is virtual: neighbours share its caches and memory bus unseen",
        name,
        "Trust intervals and ratios more than times; a machine without neighbours tells more.",
    )


def _stolen(before: Snapshot, after: Snapshot) -> StabilityWarning | None:
    spans = _spans(before.ticks, after.ticks).values()
    total = sum(span.busy + span.idle + span.stolen for span in spans)
    share = sum(span.stolen for span in spans) / total if total else 0.0
    if share <= STOLEN_LIMIT:
        return None
    return StabilityWarning(
        "steal",
        "The hypervisor gave the CPUs to others during the run",
        f"{share:.1%} of the time",
        "Measure at a quieter hour, or on a machine with dedicated CPUs.",
    )


def _governor(name: str) -> StabilityWarning | None:
    if name in ("performance", UNKNOWN):
        return None
    return StabilityWarning(
        "governor",
        "The frequency governor slows the CPU down between loads",
        name,
        "Set it: cpupower frequency-set --governor performance",
    )


def _turbo(state: str) -> StabilityWarning | None:
    if state != "on":
        return None
    return StabilityWarning(
        "turbo",
        "Turbo lets the frequency depend on heat and on what other cores do",
        state,
        "For steady times switch it off: echo 0 > /sys/devices/system/cpu/cpufreq/boost, or "
        "echo 1 > /sys/devices/system/cpu/intel_pstate/no_turbo",
    )


def _siblings(before: Snapshot, after: Snapshot) -> StabilityWarning | None:
    spans = _spans(before.sibling_ticks, after.sibling_ticks)
    shares = [
        min(_busy_share(spans[cpu]) for cpu in core)
        for core in before.siblings
        if all(cpu in spans for cpu in core)
    ]
    share = max(shares, default=0.0)
    if share <= SIBLING_LIMIT:
        return None
    return StabilityWarning(
        "smt",
        "Both hardware threads of a core were in use, and halve each other's speed",
        f"{share:.0%} of the time",
        "Keep others off the sibling: echo off > /sys/devices/system/cpu/smt/control, or taskset.",
    )


def _others(before: Snapshot, after: Snapshot) -> StabilityWarning | None:
    spans = _spans(before.ticks, after.ticks).values()
    if not spans or before.own_ticks is None or after.own_ticks is None:
        return None
    wall = sum(span.busy + span.idle + span.stolen for span in spans) / len(spans)
    busy = sum(span.busy for span in spans)
    cores = (busy - (after.own_ticks - before.own_ticks)) / wall if wall else 0.0
    if cores <= OTHERS_LIMIT:
        return None
    return StabilityWarning(
        "others",
        "Other processes were busy during the run",
        f"{cores:.2f} of {len(spans)} cores",
        "Stop them (top shows which), or give the run CPUs of its own: taskset --cpu-list.",
    )


def _throttled(before: Snapshot, after: Snapshot) -> StabilityWarning | None:
    if before.throttled is None or after.throttled is None or after.throttled <= before.throttled:
        return None
    return StabilityWarning(
        "thermal",
        "The CPU was slowed down because it was hot",
        f"{after.throttled - before.throttled} times",
        "Let it cool down, better its cooling, or switch turbo off.",
    )


def _memory(before: Snapshot, after: Snapshot) -> StabilityWarning | None:
    shares = [one.memory_available for one in (before, after) if one.memory_available is not None]
    if not shares or min(shares) >= MEMORY_LIMIT:
        return None
    return StabilityWarning(
        "memory",
        "Memory was short, so that pages may have been reclaimed during the run",
        f"{min(shares):.1%} available",
        "Stop what holds it, or sweep smaller shapes.",
    )


def _swapped(before: Snapshot, after: Snapshot) -> StabilityWarning | None:
    if before.swapped_pages is None or after.swapped_pages is None:
        return None
    pages = after.swapped_pages - before.swapped_pages
    if pages <= 0:
        return None
    return StabilityWarning(
        "swap",
        "The machine swapped during the run",
        f"{pages} pages",
        "Stop what holds the memory, or switch swap space off for the run.",
    )


def _spans(before: Mapping[int, CpuTicks], after: Mapping[int, CpuTicks]) -> dict[int, CpuTicks]:
    """Ticks between two moments for each CPU that both know.

    Counters of a virtual CPU have been seen to go back a little; that counts as nothing.
    """
    return {
        cpu: CpuTicks(
            max(0, after[cpu].busy - start.busy),
            max(0, after[cpu].idle - start.idle),
            max(0, after[cpu].stolen - start.stolen),
        )
        for cpu, start in before.items()
        if cpu in after
    }


def _busy_share(span: CpuTicks) -> float:
    total = span.busy + span.idle + span.stolen
    return span.busy / total if total else 0.0
