"""The commands that do a run again: prune the model, sweep, report."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from spbench.errors import InputError
from spbench.pruning.record import Record, Step, read_record
from spbench.sweeps.model_source import ModelSource

_ALWAYS = {"pattern", "sparsity", "method", "scope", "norm"}  # of a recipe


def repetition(
    head: Mapping[str, Any], run: Path, row_command: str = "", report: Sequence[str] = ()
) -> list[str]:
    """Lines for a shell, to be typed in the folder in which the run was made.

    ``head`` is that of the run in the folder ``run``, ``row_command`` the line that repeats
    any of its rows, ``report`` the options of its report. The new run goes to a folder of
    its own, so that the report is about that. What the files do not tell is said in a comment.
    """
    asked = {
        key: value for key, value in head.get("sweep", {}).items() if value not in (None, [], {})
    }
    if not asked:
        return ["# what the sweep was asked for is not known", *_report(run, report)]
    again = run.parent / f"{run.name or run.resolve().name}-again"
    return [
        *_model(asked.get("from_model"), head.get("model")),
        *_file("sweep.yaml", asked),
        *_cluster(head),
        shlex.join([*_environment(row_command), *_sweep(head), "--out", str(again)]),
        *_report(again, report),
    ]


def _environment(row_command: str) -> list[str]:
    """What the rows' own commands set before they call spbench: a cap on the instruction set."""
    words = shlex.split(row_command)
    return words[: words.index("spbench")] if "spbench" in words else []


def _sweep(head: Mapping[str, Any]) -> list[str]:
    command = ["spbench", "run-gemm", "sweep", "--config", "sweep.yaml"]
    executor = head.get("executor", "local")
    return command if executor == "local" else [*command, "--executor", executor]


def _cluster(head: Mapping[str, Any]) -> list[str]:
    """The address is where a cluster was, not what was measured; it is not kept."""
    if head.get("executor", "local") == "local":
        return []
    return ["# add --address HOST:PORT unless the cluster runs here"]


def _report(run: Path, options: Sequence[str]) -> list[str]:
    return [shlex.join(["spbench", "report", str(run), *options])]


def _model(name: str | None, stored: Mapping[str, Any] | None) -> list[str]:
    """How the model came about; nothing for a run without one."""
    if name is None:
        return []
    try:
        source = ModelSource.find_again(stored) if stored else ModelSource.find(name)
        record = read_record(Path(source.folder))
    except (InputError, OSError):
        changed = "it is not here, or no longer what it was"
        return [f"# how {shlex.quote(name)} was made is not known: {changed}"]
    if record is None:
        return [f"# {shlex.quote(name)} was not pruned by spbench: it must be in its place"]
    return _prunings(record, name)


def _prunings(record: Record, model: str) -> list[str]:
    """One command for each pruning, the first first: each is the source of the next."""
    steps = [*record.history, record.done]
    targets = [*(step.source for step in steps[1:]), model]
    lines = []
    for number, (step, target) in enumerate(zip(steps, targets, strict=True), 1):
        name = "recipe.yaml" if len(steps) == 1 else f"recipe-{number}.yaml"
        lines += [*_file(name, _recipe(step)), _prune(step.source, name, target)]
    return lines


def _recipe(step: Step) -> dict[str, Any]:
    """What a reader wants to see, and what else was not left at its default."""
    changed = step.recipe.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    fields = step.recipe.model_dump(mode="json", exclude_none=True)
    return {key: value for key, value in fields.items() if key in _ALWAYS or key in changed}


def _prune(source: str, recipe: str, target: str) -> str:
    """Only where the model is missing: a newer one of that name must not be lost."""
    command = ["spbench", "prune", source, "--recipe", recipe, "--out", target]
    return f"test -d {shlex.quote(target)} || {shlex.join(command)}"


def _file(name: str, content: Mapping[str, Any]) -> list[str]:
    """The lines that write a YAML file, one a key."""
    return [f"cat > {name} <<'END'", *(f"{key}: {_yaml(content[key])}" for key in content), "END"]


def _yaml(value: Any) -> str:
    import yaml

    text = yaml.safe_dump(value, default_flow_style=True, width=float("inf"))
    return text.removesuffix("...\n").strip()
