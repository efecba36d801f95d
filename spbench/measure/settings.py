"""How a case is measured: the numbers a sceptic asks for. Kept in every row."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

MIN_ROUNDS = 8
"""Fewest samples whose range bounds their median at 99 % confidence."""

ROUNDS_FOR_PRECISION = 16
"""Fewest rounds before a narrow interval is believed: two turns in each placement of a case."""

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]


class Protocol(BaseModel):
    """Settings of the measurement. Units are in the names."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rounds: int = Field(50, ge=MIN_ROUNDS)
    """Turns each backend has, if the budget lasts."""
    precision: NotNegative = 0.005
    """A case ends when every backend's 99 % interval is narrower than this share of its median."""
    min_turn_us: Positive = 200
    """What the timed calls of a turn last together, at least."""
    hot_us: NotNegative = 200
    """Untimed calls before the timed ones in each turn go on for so long."""
    warmup_ms: NotNegative = 20
    """Untimed calls before the first round; the calls in a turn are counted from them."""
    case_budget_s: Positive = 0.6
    """Shared out among the backends of a case: each leaves when its turns have taken its share.

    None has fewer than 8 turns, so slow ones can make a case last longer.
    """
    case_timeout_s: Positive = 60
    """What one backend may take for a case before it is stopped and its row is ``failed``."""

    def changed(self) -> dict[str, float]:
        """The settings that are not the default ones."""
        return self.model_dump(exclude_defaults=True)
