"""What this machine is, as far as it tells: stored with every run."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

UNKNOWN = "unknown"
_CPU = Path("/sys/devices/system/cpu")
# What makes two machines the same to a benchmark.
_IDENTITY = ("cpu_model", "cpu_family_model_stepping", "isa", "caches", "cores", "hypervisor")


def machine_facts(measure: bool = True) -> dict[str, Any]:
    """Facts of this machine, JSON-able; "unknown" for what it does not tell.

    Sizes in bytes. With ``measure``, ``limits`` holds the measured peak and
    bandwidth of one core (see :func:`spbench.measure.limits.measure_limits`), which
    takes about a second. ``fingerprint`` names the kind of machine, not the host.
    """
    from spbench import __version__
    from spbench.kernels import active_isa
    from spbench.kernels._native import spmm
    from spbench.kernels.threads import cpu_quota, default_num_threads, usable_cpus

    info = _cpuinfo()
    facts: dict[str, Any] = {
        "cpu_model": info.get("model name", platform.processor() or UNKNOWN),
        "cpu_family_model_stepping": "/".join(
            info.get(key, UNKNOWN) for key in ("cpu family", "model", "stepping")
        ),
        "microarchitecture": _microarchitecture(),
        "isa": spmm.cpu_features(),
        "active_isa": active_isa(),
        "caches": cache_sizes(),
        "cores": _physical_cores(),
        "usable_cores": default_num_threads(),
        "usable_cpus": len(usable_cpus()),
        "cpu_quota": quota if (quota := cpu_quota()) != float("inf") else "none",
        "threads_per_core": _threads_per_core(),
        "hypervisor": _hypervisor(spmm.hypervisor(), info),
        "governor": _read(_CPU / "cpu0/cpufreq/scaling_governor"),
        "turbo": _turbo(),
        "memory_bytes": _memory_bytes(),
        "kernel": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "spbench_version": __version__,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    identity = json.dumps({key: facts[key] for key in _IDENTITY}, sort_keys=True)
    facts["fingerprint"] = hashlib.sha256(identity.encode()).hexdigest()[:12]
    if measure:
        from spbench.measure.limits import measure_limits

        facts["limits"] = measure_limits(facts["caches"])
    return facts


def cache_sizes() -> dict[str, int | str]:
    """Bytes of the caches that one core sees: l1d_bytes, l2_bytes, l3_bytes."""
    sizes: dict[str, int | str] = dict.fromkeys(("l1d_bytes", "l2_bytes", "l3_bytes"), UNKNOWN)
    for index in sorted((_CPU / "cpu0/cache").glob("index*")):
        if _read(index / "type") == "Instruction":
            continue
        level, size = _read(index / "level"), _parse_size(_read(index / "size"))
        name = {"1": "l1d_bytes", "2": "l2_bytes", "3": "l3_bytes"}.get(level)
        if name:
            sizes[name] = size
    return sizes


def _parse_size(text: str) -> int | str:
    units = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
    try:
        return int(text[:-1]) * units[text[-1]] if text[-1] in units else int(text)
    except (ValueError, IndexError):
        return UNKNOWN


def _read(path: Path) -> str:
    try:
        return path.read_text().strip() or UNKNOWN
    except OSError:
        return UNKNOWN


def _cpuinfo() -> dict[str, str]:
    """First processor's entry of /proc/cpuinfo."""
    try:
        lines = Path("/proc/cpuinfo").read_text().split("\n\n")[0].splitlines()
    except OSError:
        return {}
    pairs = (line.partition(":") for line in lines)
    return {key.strip(): value.strip() for key, _, value in pairs}


def _microarchitecture() -> str:
    import archspec.cpu

    return archspec.cpu.host().name


def _physical_cores() -> int | str:
    siblings = {_read(path) for path in _CPU.glob("cpu[0-9]*/topology/thread_siblings_list")}
    return len(siblings - {UNKNOWN}) or UNKNOWN


def _threads_per_core() -> int | str:
    cpus = len(list(_CPU.glob("cpu[0-9]*/topology")))
    cores = _physical_cores()
    return round(cpus / cores) if isinstance(cores, int) and cpus else UNKNOWN


def _hypervisor(vendor: str, info: dict[str, str]) -> str:
    known = {"KVMKVMKVM": "KVM", "Microsoft Hv": "Hyper-V", "VMwareVMware": "VMware"}
    vendor = vendor.strip("\0 ")
    if vendor:
        return known.get(vendor, vendor)
    if "hypervisor" in info.get("flags", "").split():
        return "yes, not named"
    return "none" if "flags" in info else UNKNOWN


def _turbo() -> str:
    boost = _read(_CPU / "cpufreq/boost")
    if boost != UNKNOWN:
        return "on" if boost == "1" else "off"
    no_turbo = _read(_CPU / "intel_pstate/no_turbo")
    if no_turbo != UNKNOWN:
        return "off" if no_turbo == "1" else "on"
    return UNKNOWN


def _memory_bytes() -> int | str:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return UNKNOWN
