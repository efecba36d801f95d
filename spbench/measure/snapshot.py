"""What the system has counted up to a moment: two of these tell what happened in between."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from spbench.kernels.threads import usable_cpus
from spbench.measure.system_files import UNKNOWN, SystemFiles

_CPU = "sys/devices/system/cpu"


@dataclass(frozen=True)
class CpuTicks:
    """Clock ticks of one CPU since the machine started."""

    busy: int
    idle: int
    stolen: int  # a virtual CPU was ready, and the hypervisor ran something else


@dataclass(frozen=True)
class Snapshot:
    """Counters of the CPUs that this process may use. A counter that is not told is absent.

    Attributes
    ----------
    ticks : dict of int to CpuTicks
        For each usable CPU; empty where /proc/stat is not to be had.
    own_ticks : int or None
        CPU time of this process and its children, the ended ones included.
    siblings : list of tuple of int
        CPUs that share a core, for each core with more than one and a usable one among them; their
        ticks are in ``sibling_ticks``.
    throttled : int or None
        How often the usable CPUs have been slowed down for heat.
    memory_available : float or None
        Share of the memory that programs can still have.
    swapped_pages : int or None
        Pages written to and read from swap space.
    """

    ticks: dict[int, CpuTicks]
    own_ticks: int | None
    siblings: list[tuple[int, ...]]
    sibling_ticks: dict[int, CpuTicks]
    throttled: int | None
    memory_available: float | None
    swapped_pages: int | None


def snapshot(files: SystemFiles | None = None, cpus: Sequence[int] | None = None) -> Snapshot:
    """Read the counters, a few ms. Take it while this process is not pinned to a part of its CPUs.

    ``cpus`` are those that matter, by default all that this process may use.
    """
    files = files or SystemFiles()
    cpus = usable_cpus() if cpus is None else cpus
    ticks = _ticks(files)
    siblings = _siblings(files, cpus)
    together = {cpu for core in siblings for cpu in core}
    return Snapshot(
        ticks={cpu: ticks[cpu] for cpu in cpus if cpu in ticks},
        own_ticks=_own_ticks(files),
        siblings=siblings,
        sibling_ticks={cpu: ticks[cpu] for cpu in sorted(together) if cpu in ticks},
        throttled=throttle_count(files, cpus),
        memory_available=_memory_available(files),
        swapped_pages=_swapped_pages(files),
    )


def throttle_count(files: SystemFiles, cpus: Sequence[int]) -> int | None:
    """How often the cores of ``cpus`` were slowed down for heat; None if they do not tell."""
    counts = [files.number(f"{_CPU}/cpu{cpu}/thermal_throttle/core_throttle_count") for cpu in cpus]
    known = [count for count in counts if isinstance(count, int)]
    return sum(known) if known else None


def _ticks(files: SystemFiles) -> dict[int, CpuTicks]:
    """Of every CPU, from lines as ``cpu0 user nice system idle iowait irq softirq steal ...``."""
    found = {}
    for line in files.text("proc/stat").splitlines():
        name, *fields = line.split()
        if not (name.startswith("cpu") and name[3:].isdigit() and len(fields) >= 8):
            continue
        user, nice, system, idle, waiting, irq, softirq, stolen = map(int, fields[:8])
        busy = user + nice + system + irq + softirq
        found[int(name[3:])] = CpuTicks(busy, idle + waiting, stolen)
    return found


def _siblings(files: SystemFiles, cpus: Sequence[int]) -> list[tuple[int, ...]]:
    cores = {
        _cpu_list(files.text(f"{_CPU}/cpu{cpu}/topology/thread_siblings_list")) for cpu in cpus
    }
    return sorted(core for core in cores if len(core) > 1)


def _cpu_list(text: str) -> tuple[int, ...]:
    """CPUs of a list as Linux writes it: ``0,64`` or ``0-1``."""
    cpus: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        if not first.isdigit():
            return ()
        cpus += range(int(first), int(last or first) + 1)
    return tuple(cpus)


def _own_ticks(files: SystemFiles) -> int | None:
    """CPU time of this process, of children that ended, and of its living descendants."""
    stats = [_process_stat(files.text(path)) for path in files.find("proc/[0-9]*/stat")]
    ticks = {pid: (parent, own) for pid, parent, own in stats if pid}
    me = os.getpid()
    if me not in ticks:
        return None
    family = {me}
    while more := {pid for pid, (parent, _) in ticks.items() if parent in family} - family:
        family |= more
    return sum(ticks[pid][1] for pid in family)


def _process_stat(text: str) -> tuple[int, int, int]:
    """Process id, its parent's, and its ticks, those of its ended children included."""
    before, _, after = text.rpartition(")")  # the name in between may hold anything
    fields = after.split()
    if len(fields) < 15:  # it ended while the folder was read
        return 0, 0, 0
    user, system, children_user, children_system = map(int, fields[11:15])
    return int(before.split()[0]), int(fields[1]), user + system + children_user + children_system


def _memory_available(files: SystemFiles) -> float | None:
    sizes = _table(files.text("proc/meminfo"))
    total, available = sizes.get("MemTotal:"), sizes.get("MemAvailable:")
    return available / total if total and available is not None else None


def _swapped_pages(files: SystemFiles) -> int | None:
    counts = _table(files.text("proc/vmstat"))
    pages = [counts[name] for name in ("pswpin", "pswpout") if name in counts]
    return sum(pages) if pages else None


def _table(text: str) -> dict[str, int]:
    """Lines as ``name number ...``; "unknown" has none."""
    if text == UNKNOWN:
        return {}
    rows = (line.split() for line in text.splitlines())
    return {row[0]: int(row[1]) for row in rows if len(row) > 1 and row[1].isdigit()}
