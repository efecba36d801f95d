"""What a sweep will measure: its cases, the model they come from, and notes about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from spbench.errors import InputError
from spbench.sweeps.case import Case
from spbench.sweeps.case_memory import require_memory
from spbench.sweeps.cases import build_cases
from spbench.sweeps.config import SweepConfig
from spbench.sweeps.model_layers import ModelLayers, read_model_layers
from spbench.sweeps.model_source import ModelSource


@dataclass(frozen=True)
class Plan:
    """The cases of a sweep in order. ``model`` is None if all weights are random."""

    config: SweepConfig
    cases: list[Case]
    model: ModelSource | None = None
    notes: list[str] = field(default_factory=list)

    @classmethod
    def new(cls, config: SweepConfig, given: Mapping[str, Any]) -> Plan:
        """For a sweep that begins. ``given`` are its options, each of which must have an effect.

        Raises :class:`InputError`.
        """
        _require_effect(config, given)
        model = None if config.from_model is None else ModelSource.find(config.from_model)
        return cls._build(config, model)

    @classmethod
    def again(
        cls, config: SweepConfig, stored: Mapping[str, Any] | None, place: str | None = None
    ) -> Plan:
        """For a sweep that goes on with the model that was ``stored``, now at ``place`` if given.

        Raises :class:`InputError`, also if the model is another one by now.
        """
        if config.from_model is None:
            return cls._build(config, None)
        if stored is None:  # a run of a spbench that did not keep it
            return cls._build(config, ModelSource.find(config.from_model))
        return cls._build(config, ModelSource.find_again(stored, place))

    def cases_for(self, facts: Mapping[str, Any]) -> list[Case]:
        """The cases whose threads have a CPU each on a machine with these ``facts``."""
        cpus = facts.get("usable_cpus")
        return [case for case in self.cases if cpus is None or case.threads <= cpus]

    @classmethod
    def _build(cls, config: SweepConfig, model: ModelSource | None) -> Plan:
        found = ModelLayers([])
        if model is not None:
            found = read_model_layers(model, config.model_layers, config.pattern)
        cases = build_cases(config, found.layers)
        require_memory(case.problem for case in cases)
        notes = [note for note in (found.note, _padding_note(cases)) if note]
        return cls(config, cases, model, notes)


def _require_effect(config: SweepConfig, given: Mapping[str, Any]) -> None:
    """Options that would be ignored are mistakes."""
    if "sparsity" in given and not config.shapes:
        raise InputError("--sparsity is for shapes; a model's layers have the zeros they have")
    if "tokens" in given and not any(shape.count("x") == 1 for shape in config.shapes):
        what = "every shape has its own N" if config.shapes else "a model has --model-tokens"
        raise InputError(f"--tokens has no effect: {what}")
    for key in ("model_tokens", "model_layers"):
        if key in given and config.from_model is None:
            raise InputError(f"--{key.replace('_', '-')} has no effect without --from-model")


def _padding_note(cases: Sequence[Case]) -> str:
    problems = [case.problem for case in cases]
    padded = [one for one in problems if not one.pattern.divides(one.m, one.k)]
    if not padded:
        return ""
    shapes = dict.fromkeys(f"{one.m}x{one.k}" for one in padded)
    first = padded[0]
    return (
        f"{', '.join(shapes)}: not a multiple of the block ({first.pattern}), so blocks at the "
        f"edge are padded with zeros"
    )
