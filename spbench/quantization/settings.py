"""What a user may ask of calibration."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from spbench.errors import InputError
from spbench.formats.yaml_model import first_problem
from spbench.quantization.clipping import DEFAULT_PERCENTILE, METHODS, Clipping


class QuantizationSettings(BaseModel):
    """How ranges of activations are chosen: ``auto`` tries every method and takes the best."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: Literal["auto", "min-max", "percentile", "mse"] = "auto"
    percentile: float = Field(DEFAULT_PERCENTILE, gt=50, le=100)

    @classmethod
    def build(cls, **given: Any) -> QuantizationSettings:
        """Values of None count as not given. Raises :class:`InputError` with one line."""
        method = given.get("method")
        if given.get("percentile") is not None and method in ("min-max", "mse"):
            raise InputError(f"percentile: {method} has none; leave it out, or take percentile")
        try:
            return cls(**{key: value for key, value in given.items() if value is not None})
        except ValidationError as error:
            raise InputError(first_problem(error, cls)) from error

    @property
    def clippings(self) -> list[Clipping]:
        """The methods to try, with the fewest surprises first."""
        names = METHODS if self.method == "auto" else (self.method,)
        return [Clipping(name, self.percentile) for name in names]
