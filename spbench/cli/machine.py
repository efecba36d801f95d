"""spbench machine: what this machine is and what one core of it can do."""

from __future__ import annotations

from typing import Any

import click

_LABELS = {
    "cpu_model": "CPU",
    "cpu_family_model_stepping": "family / model / stepping",
    "microarchitecture": "microarchitecture",
    "isa": "instruction sets",
    "active_isa": "kernels use",
    "kernel_isas": "by kernel family",
    "unused_isa": "unused",
    "caches": "caches (L1d, L2, L3)",
    "cores": "physical cores",
    "usable_cores": "cores for this process",
    "cpu_quota": "CPU quota",
    "threads_per_core": "threads per core",
    "hypervisor": "hypervisor",
    "governor": "frequency governor",
    "turbo": "turbo",
    "smt": "hardware threads (SMT)",
    "thermal_throttling": "slowed down for heat",
    "memory_bytes": "memory",
    "kernel": "system",
    "python": "Python",
    "spbench_version": "spbench",
    "fingerprint": "fingerprint",
    "date": "date",
}


@click.command()
@click.option("--no-measure", is_flag=True, help="Facts only; skip the two seconds of measuring.")
@click.option(
    "--format", "format_", type=click.Choice(["table", "json"]), default="table", show_default=True
)
def machine(no_measure: bool, format_: str) -> None:
    """Show this machine: CPU, caches, cores, and the measured limits of one core.

    Every run stores these facts. What the machine does not tell is "unknown".
    """
    import json

    from spbench.measure.machine import machine_facts

    facts = machine_facts(measure=not no_measure)
    if format_ == "json":
        click.echo(json.dumps(facts, indent=1))
        return
    for label, text in [*_facts_in_words(facts), *_limits_in_words(facts.get("limits"))]:
        click.echo(f"{label:<28} {text}")


def _facts_in_words(facts: dict[str, Any]) -> list[tuple[str, str]]:
    show = {
        "isa": lambda names: " ".join(names) or "baseline only",
        "kernel_isas": lambda isas: "; ".join(f"{name}: {' '.join(isas[name])}" for name in isas),
        "unused_isa": _unused_in_words,
        "caches": lambda caches: ", ".join(_size(size) for size in caches.values()),
        "memory_bytes": _size,
    }
    return [(label, show.get(key, str)(facts[key])) for key, label in _LABELS.items()]


def _unused_in_words(reasons: dict[str, str]) -> str:
    features: dict[str, list[str]] = {}
    for feature, reason in reasons.items():
        features.setdefault(reason, []).append(feature)
    parts = [f"{' '.join(names)} ({reason})" for reason, names in features.items()]
    return ", ".join(parts) or "none"


def _limits_in_words(limits: dict[str, Any] | None) -> list[tuple[str, str]]:
    if limits is None:
        return []
    lines = [
        ("measured int8 peak, 1 core", _quantity(limits["int8_peak_gops"], "GOPS")),
        ("measured f32 peak, 1 core", _quantity(limits["f32_peak_gflops"], "GFLOPS")),
        ("measured bf16 peak, 1 core", _quantity(limits["bf16_peak_gflops"], "GFLOPS")),
    ]
    for level, rate in limits["bandwidth_gb_s"].items():
        lines.append((f"measured {level.upper()} read, 1 core", _quantity(rate, "GB/s")))
    return lines


def _quantity(value: float | str, unit: str) -> str:
    return value if isinstance(value, str) else f"{value:g} {unit}"


def _size(size: int | str) -> str:
    if isinstance(size, str):
        return size
    for unit, name in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if size >= unit:
            return f"{size / unit:.4g} {name}"
    return f"{size} B"
