"""The machine's facts as a run stored them; whatever is missing reads ``unknown``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

UNKNOWN = "unknown"

_FACTS = {
    "CPU": ("cpu_model",),
    "Instruction sets": ("isa",),
    "Cores": ("cores",),
    "Cores this process may use": ("usable_cores",),
    "CPU quota (cores)": ("cpu_quota",),
    "Threads per core": ("threads_per_core",),
    "SMT": ("smt",),
    "L1 data cache": ("caches", "l1d_bytes"),
    "L2 cache": ("caches", "l2_bytes"),
    "L3 cache": ("caches", "l3_bytes"),
    "Memory": ("memory_bytes",),
    "Hypervisor": ("hypervisor",),
    "Frequency governor": ("governor",),
    "Turbo": ("turbo",),
    "Thermal throttling": ("thermal_throttling",),
    "Kernel": ("kernel",),
    "Python": ("python",),
    "spbench": ("spbench_version",),
    "Measured int8 peak, one core (GOPS)": ("limits", "int8_peak_gops"),
    "Measured f32 peak, one core (GFLOPS)": ("limits", "f32_peak_gflops"),
    "Measured read bandwidth, L1 (GB/s)": ("limits", "bandwidth_gb_s", "l1"),
    "Measured read bandwidth, L2 (GB/s)": ("limits", "bandwidth_gb_s", "l2"),
    "Measured read bandwidth, L3 (GB/s)": ("limits", "bandwidth_gb_s", "l3"),
    "Measured read bandwidth, DRAM (GB/s)": ("limits", "bandwidth_gb_s", "dram"),
    "Fingerprint": ("fingerprint",),
    "Date": ("date",),
}


@dataclass(frozen=True)
class Machines:
    """The machines of a run by host, as its rows name them."""

    by_host: Mapping[str, Mapping[str, Any]]

    def of(self, host: str) -> MachineFacts:
        """The facts of a host; a run with one machine's facts ran on that."""
        only = next(iter(self.by_host.values())) if len(self.by_host) == 1 else {}
        return MachineFacts(self.by_host.get(host, only))

    def name(self, host: str) -> str:
        """What a reader calls a host: its CPU, and the host where that leaves a doubt."""
        cpu = str(self.of(host).get("cpu_model"))
        alike = [each for each in self.by_host if self.of(each).get("cpu_model") == cpu]
        return cpu if len(alike) == 1 and cpu != UNKNOWN else f"{cpu} ({host})"


@dataclass(frozen=True)
class MachineFacts:
    """The content of ``machine.json``, asked for by path."""

    content: Mapping[str, Any]

    def get(self, *path: str) -> Any:
        """The value at a path of keys, or ``unknown``."""
        value: Any = self.content
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
        return UNKNOWN if value in (None, "", [], {}) else value

    def number(self, *path: str) -> float | None:
        """The value at a path if it is a positive number, else None."""
        value = self.get(*path)
        return float(value) if _is_positive(value) else None

    def pairs(self, *path: str) -> list[tuple[float, float]]:
        """The value at a path if it is a list of pairs of positive numbers, else an empty one."""
        value = self.get(*path)
        if not isinstance(value, list) or not all(map(_is_pair, value)):
            return []
        return [(float(first), float(second)) for first, second in value]

    @property
    def made_by_intel(self) -> bool:
        return "intel" in str(self.get("cpu_model")).lower()

    @property
    def headline(self) -> str:
        """CPU and date, as a figure's caption names them."""
        cpu, date = self.get("cpu_model"), str(self.get("date"))[:10]
        return (
            f"{cpu if cpu != UNKNOWN else 'CPU unknown'}, {date.replace(UNKNOWN, 'date unknown')}"
        )

    def facts(self) -> list[tuple[str, str]]:
        """Every fact with its name, for a table."""
        found = [(name, _readable(path[-1], self.get(*path))) for name, path in _FACTS.items()]
        curve = self.pairs("limits", "bandwidth_curve")
        if curve:
            by_size = ", ".join(f"{_binary_size(size)} {rate:.3g}" for size, rate in curve)
            found.insert(-2, ("Measured read bandwidth by size (GB/s)", by_size))
        return found


def _is_positive(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_is_positive, value))


def _readable(key: str, value: Any) -> str:
    if key.endswith("_bytes") and isinstance(value, int | float):
        return _binary_size(value)
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value)
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _binary_size(count: float) -> str:
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.4g} {unit}"
        count /= 1024
    return f"{count:.4g} GiB"
