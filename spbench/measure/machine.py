"""What this machine is, as far as it tells: stored with every run."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from datetime import UTC, datetime
from typing import Any

from spbench.measure.snapshot import throttle_count
from spbench.measure.system_files import UNKNOWN, SystemFiles

_CPU = "sys/devices/system/cpu"
_IDENTITY = ("cpu_model", "cpu_family_model_stepping", "isa", "caches", "cores", "hypervisor")


def machine_facts(measure: bool = True, files: SystemFiles | None = None) -> dict[str, Any]:
    """Facts of this machine, JSON-able; "unknown" for what it does not tell.

    Sizes in bytes. With ``measure``, ``limits`` holds the measured peak and
    bandwidth of one core (see :func:`spbench.measure.limits.measure_limits`), which
    takes about two seconds. ``fingerprint`` names the kind of machine, not the host.
    ``files`` are /proc and /sys.
    """
    from spbench import __version__
    from spbench.kernels._native import spmm
    from spbench.kernels.isa import active_isa, family_isas, unused_features
    from spbench.kernels.threads import cpu_quota, default_num_threads, usable_cpus

    files = files or SystemFiles()
    info = _cpuinfo(files)
    throttled = throttle_count(files, usable_cpus())
    facts: dict[str, Any] = {
        "cpu_model": info.get("model name", platform.processor() or UNKNOWN),
        "cpu_family_model_stepping": "/".join(
            info.get(key, UNKNOWN) for key in ("cpu family", "model", "stepping")
        ),
        "microarchitecture": _microarchitecture(),
        "isa": spmm.cpu_features(),
        "active_isa": active_isa(),
        "kernel_isas": family_isas(),
        "unused_isa": unused_features(),
        "caches": cache_sizes(files),
        "cores": _physical_cores(files),
        "usable_cores": default_num_threads(),
        "usable_cpus": len(usable_cpus()),
        "cpu_quota": quota if (quota := cpu_quota()) != float("inf") else "none",
        "threads_per_core": _threads_per_core(files),
        "hypervisor": _hypervisor(spmm.hypervisor(), info),
        "governor": files.text(f"{_CPU}/cpu0/cpufreq/scaling_governor"),
        "turbo": _turbo(files),
        "smt": files.text(f"{_CPU}/smt/control"),
        "thermal_throttling": UNKNOWN if throttled is None else f"{throttled} times since start",
        "memory_bytes": _memory_bytes(),
        "kernel": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "spbench_version": __version__,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    facts["fingerprint"] = fingerprint(facts)
    if measure:
        from spbench.measure.limits import measure_limits

        facts["limits"] = measure_limits(facts["caches"])
    return facts


def fingerprint(facts: dict[str, Any]) -> str:
    """The same for machines that are the same to a benchmark, 12 hexadecimal digits."""
    identity = json.dumps({key: facts[key] for key in _IDENTITY}, sort_keys=True)
    return hashlib.sha256(identity.encode()).hexdigest()[:12]


def cache_sizes(files: SystemFiles | None = None) -> dict[str, int | str]:
    """Bytes of the caches that one core sees: l1d_bytes, l2_bytes, l3_bytes."""
    files = files or SystemFiles()
    sizes: dict[str, int | str] = dict.fromkeys(("l1d_bytes", "l2_bytes", "l3_bytes"), UNKNOWN)
    for index in files.find(f"{_CPU}/cpu0/cache/index*"):
        if files.text(f"{index}/type") == "Instruction":
            continue
        level, size = files.text(f"{index}/level"), _parse_size(files.text(f"{index}/size"))
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


def _cpuinfo(files: SystemFiles) -> dict[str, str]:
    """First processor's entry of /proc/cpuinfo."""
    lines = files.text("proc/cpuinfo").split("\n\n")[0].splitlines()
    pairs = (line.partition(":") for line in lines)
    return {key.strip(): value.strip() for key, colon, value in pairs if colon}


def _microarchitecture() -> str:
    import archspec.cpu

    return archspec.cpu.host().name


def _physical_cores(files: SystemFiles) -> int | str:
    lists = files.find(f"{_CPU}/cpu[0-9]*/topology/thread_siblings_list")
    return len({files.text(path) for path in lists} - {UNKNOWN}) or UNKNOWN


def _threads_per_core(files: SystemFiles) -> int | str:
    cpus = len(files.find(f"{_CPU}/cpu[0-9]*/topology"))
    cores = _physical_cores(files)
    return round(cpus / cores) if isinstance(cores, int) and cpus else UNKNOWN


def _hypervisor(vendor: str, info: dict[str, str]) -> str:
    known = {"KVMKVMKVM": "KVM", "Microsoft Hv": "Hyper-V", "VMwareVMware": "VMware"}
    vendor = vendor.strip("\0 ")
    if vendor:
        return known.get(vendor, vendor)
    if "hypervisor" in info.get("flags", "").split():
        return "yes, not named"
    return "none" if "flags" in info else UNKNOWN


def _turbo(files: SystemFiles) -> str:
    boost = files.text(f"{_CPU}/cpufreq/boost")
    if boost != UNKNOWN:
        return "on" if boost == "1" else "off"
    no_turbo = files.text(f"{_CPU}/intel_pstate/no_turbo")
    if no_turbo != UNKNOWN:
        return "off" if no_turbo == "1" else "on"
    return UNKNOWN


def _memory_bytes() -> int | str:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return UNKNOWN
