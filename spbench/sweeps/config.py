"""What a sweep is asked for: the axes, the backends, the protocol."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)

from spbench.backends import DEFAULT_BACKENDS, REGISTRY, require_known
from spbench.errors import InputError
from spbench.formats import BlockShape
from spbench.formats.gemm_problem import EPILOGUES
from spbench.formats.names import checked_name
from spbench.formats.regex import Regex
from spbench.formats.side import MAX_SIDE, SIDE, read_side
from spbench.formats.yaml_model import first_problem, read_yaml_model
from spbench.measure.settings import Protocol
from spbench.measure.statistics import INDIFFERENCE

_SHAPE = re.compile(f"({SIDE})x({SIDE})(?:x({SIDE}))?")
ALL = "all"


def _listed(value: Any) -> Any:
    """A single value where a list is due means a list of one."""
    return value if isinstance(value, list | tuple) else [value]


def checked_sparsity(value: float) -> float:
    """``value``; raises ValueError unless it is at least 0 and below 1."""
    if not 0 <= value < 1:
        raise ValueError(f"sparsity {value:g} must be at least 0 and below 1")
    return value


def _shape(text: str) -> str:
    match = _SHAPE.fullmatch(text.strip().lower())
    if match is None:
        raise ValueError(f"shape {text!r}: write MxK or MxKxN, as in 768x768x128")
    sides = [side for side in match.groups() if side is not None]
    return "x".join(str(read_side(side, f"shape {text!r}")) for side in sides)


def checked_pattern(text: str) -> str:
    """A block shape as spbench writes it. Raises :class:`InputError`."""
    block = BlockShape.parse(text)
    block.require_storable()
    return str(block)


def _backend(name: str) -> str:
    require_known(name)
    return name


def _epilogue(name: str) -> str:
    if name not in EPILOGUES:
        raise InputError(f"epilogue {name!r}: one of {', '.join(EPILOGUES)}")
    return name


def _all_backends(value: Any) -> Any:
    """``all`` among the names means every registered backend."""
    names = _listed(value)
    return [each for name in names for each in (REGISTRY if name == ALL else [name])]


def checked_by(check: Callable[[str], str]) -> AfterValidator:
    """A check that raises :class:`InputError`, as pydantic wants it."""

    def checked(text: str) -> str:
        try:
            return check(text)
        except InputError as error:
            raise ValueError(str(error)) from error

    return AfterValidator(checked)


def _each_once(values: list) -> list:
    return list(dict.fromkeys(values))


def list_of(item: Any, **field: Any) -> Any:
    """A field that takes a list, or a single value for a list of one; each value counts once."""
    return Annotated[
        list[item], BeforeValidator(_listed), AfterValidator(_each_once), Field(**field)
    ]


Count = Annotated[int, Field(ge=1, le=MAX_SIDE)]


class SweepConfig(BaseModel):
    """A sweep: every shape with every number of tokens, sparsity, pattern, output, epilogue,
    thread count and state of the caches (``gemm.task.GemmTask``).

    ``shapes`` are ``MxK``, combined with ``tokens``, or ``MxKxN``. ``from_model``
    is a checkpoint whose linear layers are measured with their own weights at
    ``model_tokens``; ``model_layers`` narrows them by a regular expression. Without
    a ``pattern``, layers are cut as they were pruned, all else in 4x1. Without an ``epilogue``
    it is that of the output, none for s32, else scale and bias; with one, outputs must take it.
    ``indifference`` is the
    share by which two times must differ for a verdict of faster or slower; no row depends on it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, AfterValidator(checked_name)] = "sweep"
    shapes: list_of(Annotated[str, checked_by(_shape)]) = []
    tokens: list_of(Count) = []
    sparsity: list_of(Annotated[float, AfterValidator(checked_sparsity)], min_length=1) = [0.8]
    pattern: list_of(Annotated[str, checked_by(checked_pattern)]) = []
    backends: Annotated[
        list_of(Annotated[str, checked_by(_backend)], min_length=1),
        BeforeValidator(_all_backends),
    ] = list(DEFAULT_BACKENDS)
    threads: list_of(Count, min_length=1) = [1]
    output: list_of(Literal["s32", "f32", "u8", "s8"], min_length=1) = ["s32"]
    epilogue: list_of(Annotated[str, checked_by(_epilogue)]) = []
    from_model: str | None = None
    model_tokens: list_of(Count, min_length=1) = [128]
    model_layers: Regex | None = None
    cache: list_of(Literal["hot", "cold-weights", "cold"], min_length=1) = ["hot"]
    seed: int = Field(0, ge=0, le=2**63 - 1)
    protocol: Protocol = Protocol()
    indifference: float = Field(INDIFFERENCE, ge=0, lt=1)

    @classmethod
    def build(cls, file: str | Path | None, given: Mapping[str, Any]) -> SweepConfig:
        """The sweep of a YAML file, if there is one, with what is ``given`` put over it.

        Raises :class:`InputError` with one line about the first thing that is wrong.
        """
        values = {} if file is None else read_yaml_model(file, cls).model_dump(exclude_unset=True)
        protocol = values.get("protocol", {}) | given.get("protocol", {})
        try:
            config = cls.model_validate(values | dict(given) | {"protocol": protocol})
        except ValidationError as error:
            raise InputError(first_problem(error, cls)) from error
        config._require_work("" if file is None else f"{file}: ")
        return config

    def _require_work(self, where: str) -> None:
        if not self.shapes and self.from_model is None:
            raise InputError(f"{where}nothing to measure: give shapes (768x768x128) or a model")
        short = next((text for text in self.shapes if text.count("x") == 1), None)
        if short and not self.tokens:
            raise InputError(f"{where}shape {short} has no N: write {short}x128, or give tokens")

    @property
    def epilogues(self) -> list[str]:
        """Epilogues of a problem, empty for that of its output."""
        return self.epilogue or [""]

    @property
    def patterns(self) -> list[str]:
        """The patterns for what has none of its own."""
        return self.pattern or ["4x1"]

    def shape_sizes(self) -> list[tuple[int, int, int]]:
        """(M, K, N) of every shape, in the order asked for."""
        sizes = []
        for text in self.shapes:
            m, k, *n = (int(side) for side in text.split("x"))
            sizes += [(m, k, tokens) for tokens in n or self.tokens]
        return sizes
