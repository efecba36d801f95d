"""A recipe: what to prune, how much, and with which exceptions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    ValidationError,
    WithJsonSchema,
)

from spbench.errors import InputError
from spbench.formats import BlockShape
from spbench.formats.regex import Regex
from spbench.formats.yaml_model import first_problem, read_yaml_model
from spbench.pruning.calibration.sample import SampleSize
from spbench.pruning.methods import MethodName, Sees, method_named
from spbench.pruning.recovery.settings import RecoverySettings
from spbench.pruning.schedule import Schedule
from spbench.pruning.scores import Norm
from spbench.quantization.settings import QuantizationSettings


def _block_shape(value: Any) -> BlockShape:
    if isinstance(value, BlockShape):
        return value
    try:
        return BlockShape.parse(str(value))
    except InputError as error:
        raise ValueError(str(error)) from error


def _share(value: Any) -> float:
    try:
        share = float(value)
    except (TypeError, ValueError):
        share = float("nan")
    if not 0 <= share < 1:
        raise ValueError(f"sparsity {value}: must be at least 0 and below 1, as in 0.8 for 80 %")
    return share


Pattern = Annotated[
    BlockShape,
    PlainValidator(_block_shape),
    PlainSerializer(str),
    WithJsonSchema({"type": "string"}),
]
Sparsity = Annotated[float, BeforeValidator(_share)]
SpeedUp = Annotated[float, Field(gt=1)]
SpeedUp = Annotated[float, Field(gt=1)]
Ceiling = Annotated[float, Field(ge=0, le=1)]


class LayerRule(BaseModel):
    """An exception: layers whose name the regex finds get what is given here."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    layers: Regex
    skip: bool = False
    pattern: Pattern | None = None
    sparsity: Sparsity | None = None
    min_sparsity: Sparsity | None = None
    max_sparsity: Ceiling | None = None
    norm: Norm | None = None


@dataclass(frozen=True)
class LayerSettings:
    """What one layer gets. In scope ``global``, layers with equal settings share a budget."""

    pattern: BlockShape
    sparsity: float
    norm: Norm
    min_sparsity: float = 0.0
    max_sparsity: float = 1.0


class Recipe(BaseModel):
    """What to prune and how.

    ``skip`` and the ``layers`` of a rule are regular expressions, searched in
    the layer's name (``encoder.layer.0.output.dense``). Of several rules that
    match a layer, the later wins, key by key. ``calibration`` is a file of one
    text a line: methods that look at text use its first texts (``sample``), and
    :attr:`quantizes` says whether the pruned model is quantised on it. With ``recovery``, the
    pruned model is trained towards the dense one before that.

    In scope ``sensitivity`` the model's ``sparsity`` is the mean over its layers, or, with
    ``speed_up``, whatever makes its linear layers so many times faster than dense ones.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    pattern: Pattern = BlockShape(4, 1)
    sparsity: Sparsity = 0.8
    method: MethodName = "magnitude"
    scope: Literal["layer", "global", "sensitivity"] = "layer"
    min_sparsity: Sparsity = 0.0
    max_sparsity: Ceiling = 1.0
    speed_up: SpeedUp | None = None
    schedule: Schedule = Schedule()
    norm: Norm = "l2"
    skip: tuple[Regex, ...] = ()
    overrides: tuple[LayerRule, ...] = ()
    calibration: Path | None = None
    sample: SampleSize = SampleSize()
    quantization: QuantizationSettings | None = None
    recovery: RecoverySettings | None = None

    @classmethod
    def build(cls, file: Path | None = None, skip: Iterable[str] = (), **given: Any) -> Recipe:
        """The recipe of a YAML file, or the defaults, with what is ``given`` put over it.

        Values of None count as not given; ``skip`` adds to the file's list.
        Raises :class:`InputError` with one line for anything wrong.
        """
        base = cls() if file is None else read_yaml_model(file, cls)
        fields = dict(base) | {key: value for key, value in given.items() if value is not None}
        try:
            return cls.model_validate(fields | {"skip": (*base.skip, *skip)})
        except ValidationError as error:
            raise InputError(first_problem(error, cls)) from error

    @property
    def quantizes(self) -> bool:
        """Whether activations are quantised: with calibration text, where ``quantization`` is
        given, or where the method itself has no use for the text."""
        needless = method_named(self.method).sees is Sees.WEIGHTS
        return self.calibration is not None and (self.quantization is not None or needless)

    @property
    def takes_long(self) -> bool:
        """Whether it looks at text or trains: minutes to hours, against a second."""
        by_text = self.scope == "sensitivity" or method_named(self.method).sees is not Sees.WEIGHTS
        return by_text or self.recovery is not None

    def settings(self, layer: str) -> LayerSettings | None:
        """What ``layer`` gets; None where the recipe skips it."""
        if any(re.search(regex, layer) for regex in self.skip):
            return None
        rules = [rule for rule in self.overrides if re.search(rule.layers, layer)]
        if any(rule.skip for rule in rules):
            return None
        keys = LayerSettings.__dataclass_fields__
        fields = {key: getattr(self, key) for key in keys}
        for rule in rules:
            given = {key: getattr(rule, key) for key in fields}
            fields |= {key: value for key, value in given.items() if value is not None}
        return LayerSettings(**fields)

    def unused(self, layers: Iterable[str]) -> list[str]:
        """Regular expressions of the recipe that match none of ``layers``."""
        names = list(layers)
        regexes = [*self.skip, *(rule.layers for rule in self.overrides)]
        return [regex for regex in regexes if not any(re.search(regex, name) for name in names)]
