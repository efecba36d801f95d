"""``spbench run-model``: whole models, answered by several runtimes."""

from __future__ import annotations

import click

from spbench.cli.lazy_group import LazyGroup

COMMANDS = {
    "bench": ("spbench.cli.model_bench:bench", "Time runtimes side by side."),
    "limit": (
        "spbench.cli.model_limit:limit",
        "Find the highest throughput under a latency limit.",
    ),
    "plan": ("spbench.cli.model_plan:plan", "Show what the engine does with a model, and why."),
    "profile": ("spbench.cli.model_profile:profile", "Time every op, beside its own bound."),
}


@click.group("run-model", cls=LazyGroup, commands_table=COMMANDS)
def run_model() -> None:
    """Run whole models. MODEL is a folder, a package, or a YAML file of configs/models."""
