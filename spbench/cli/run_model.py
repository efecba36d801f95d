"""``spbench run-model``: whole models; one module for each command."""

from __future__ import annotations

import click

from spbench.cli.lazy_group import LazyGroup

COMMANDS = {
    "plan": ("spbench.cli.model_plan:plan", "Show what the engine does with a model, and why."),
    "profile": ("spbench.cli.model_profile:profile", "Time every op, beside its own bound."),
}


@click.group("run-model", cls=LazyGroup, commands_table=COMMANDS)
def run_model() -> None:
    """Run whole models: what the engine does with them, and what that takes."""
