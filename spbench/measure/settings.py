"""How a case is measured: the numbers a sceptic asks for. Kept in every row."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

MIN_ROUNDS = 8
"""Fewest samples whose range bounds their median at 99 % confidence."""

LOOKS = (16, 24, 32, 50, 100, 200)
"""Rounds after which a case may end early: whole cycles of its placements to begin with."""

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Protocol(BaseModel):
    """Settings of the measurement. Units are in the names."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rounds: int = Field(50, ge=MIN_ROUNDS, le=10_000)
    """Turns each backend has, if the budget lasts."""
    precision: NotNegative = Field(0.005, le=1)
    """A case ends when every backend's 99 % interval is narrower than this share of its median.

    Ending when an interval happens to be narrow prefers the narrow ones, which cover less often
    than they say. So a case looks only after the numbers of rounds in ``LOOKS``. In simulations
    (normal noise of 0.1 to 0.8 %) the interval then covers in 98.8 % or more of the cases.
    """
    min_turn_us: Positive = Field(200, le=1e6)
    """What the timed calls of a turn last together, at least."""
    hot_us: NotNegative = Field(200, le=1e6)
    """Untimed calls before the timed ones in each turn go on for so long."""
    warmup_ms: NotNegative = Field(20, le=60_000)
    """Untimed calls before the first round; the calls in a turn are counted from them."""
    case_budget_s: Positive = Field(0.6, le=3600)
    """Shared out among the backends of a case: each leaves when its turns have taken its share.

    None has fewer than 8 turns, so slow ones can make a case last longer.
    """
    case_timeout_s: Positive = Field(60, le=86_400)
    """What one backend may take for a case before it is stopped and its row is ``failed``."""

    def changed(self) -> dict[str, float]:
        """The settings that are not the default ones."""
        return self.model_dump(exclude_defaults=True)

    def of_single_calls(self) -> Protocol:
        """The same for calls that must not follow each other: a turn has one, without warm-up."""
        return self.model_copy(update={"min_turn_us": 0.0, "hot_us": 0.0})
