"""How many threads a product may use unless it is told."""

from __future__ import annotations

import math
import os
from pathlib import Path


def default_num_threads() -> int:
    """Physical cores that this process may use: its cpuset, siblings counted once, within
    the quota of its control group; at least 1.
    """
    cores = len({core_of(cpu) for cpu in usable_cpus()})
    quota = cpu_quota()
    return cores if quota >= cores else max(1, math.ceil(quota))


def usable_cpus() -> list[int]:
    """CPUs this process may run on, ascending (the cpuset and any taskset respected)."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def cpu_quota() -> float:
    """CPUs' worth of time that the control group (v2, v1) allows; infinite without a limit."""
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return math.inf if quota == "max" else int(quota) / int(period)
    except (OSError, ValueError):
        pass
    try:
        group = Path("/sys/fs/cgroup/cpu")
        quota_us = int((group / "cpu.cfs_quota_us").read_text())
        period_us = int((group / "cpu.cfs_period_us").read_text())
        return math.inf if quota_us <= 0 else quota_us / period_us
    except (OSError, ValueError):
        return math.inf


def core_of(cpu: int) -> str:
    """Name of the physical core that a CPU is a hardware thread of; its own if not told."""
    path = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
    try:
        return path.read_text().strip()
    except OSError:
        return str(cpu)
