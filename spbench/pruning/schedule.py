"""In how many steps a layer reaches its sparsity, and by which curve."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

_CURVES = {
    "linear": lambda progress, final: final * progress,
    # Zhu, Gupta, To prune, or not to prune, 2017: much at first, little at the end.
    "cubic": lambda progress, final: final * (1 - (1 - progress) ** 3),
    "cosine": lambda progress, final: final * (1 - math.cos(math.pi * progress)) / 2,
    # The same share of what is left goes in every step.
    "exp": lambda progress, final: 1 - (1 - final) ** progress,
}


class Schedule(BaseModel):
    """One shot, by default. Each step begins anew from calibration and from the dense weights,
    but never takes back a block that an earlier step has dropped."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    curve: Literal["linear", "cubic", "cosine", "exp"] = "cubic"
    steps: int = Field(1, ge=1, le=100)

    def sparsities(self, final: float) -> list[float]:
        """The sparsity after each step, the last being ``final`` itself."""
        curve = _CURVES[self.curve]
        steps = [curve(step / self.steps, final) for step in range(1, self.steps)]
        return [*steps, final]
