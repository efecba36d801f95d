"""What an evaluation measures with."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from spbench.errors import InputError
from spbench.formats.yaml_model import first_problem
from spbench.texts import SOURCES


class EvaluationSettings(BaseModel):
    """The same settings give the same texts and, on the same CPU, the same numbers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    runtime: Literal["spbench", "torch"] = "spbench"
    texts: int = Field(2000, ge=10)  # held-out texts of each task, and train texts for its probe
    tokens: int = Field(128, ge=4)  # texts are cut at so many
    tasks: tuple[str, ...] = tuple(SOURCES)
    state_texts: int = Field(200, ge=1)  # of each task, for the cosine of hidden states
    threads: int | None = Field(None, ge=1)

    @field_validator("tasks")
    @classmethod
    def _known(cls, tasks: tuple[str, ...]) -> tuple[str, ...]:
        for task in tasks:
            if task not in SOURCES:
                raise ValueError(f"{task}: no such task; known: {', '.join(SOURCES)}")
        if not tasks or len(set(tasks)) < len(tasks):
            raise ValueError("name one task or several, each once")
        return tasks

    @classmethod
    def build(cls, **given: object) -> EvaluationSettings:
        """With what is not None. Raises :class:`InputError`."""
        try:
            return cls.model_validate({k: v for k, v in given.items() if v is not None})
        except ValidationError as error:
            raise InputError(first_problem(error, cls)) from error
