"""How a contestant is spoken to: question and answer, and what a lost one looks like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Answer:
    """What a player says, and what its threads did since its last answer.

    ``idle_wall_ns`` passed between the last answer and this question;
    ``idle_cpu_ns`` is what threads other than the one that waits burned in it.
    """

    value: Any
    idle_wall_ns: int = 0
    idle_cpu_ns: int = 0


class PlayerFailed(Exception):
    """The player raised, died or ran out of time; the text becomes the row's reason."""


class Player(Protocol):
    """Runs a bench somewhere: in a worker process, or in a test."""

    name: str

    def ask(self, method: str, *args: Any, timeout_s: float) -> Answer:
        """Call ``method`` of the bench. Raises :class:`PlayerFailed`."""
        ...
