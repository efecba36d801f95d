"""What a comparison of runtimes is asked for: models, runtimes, sizes of calls, the protocol."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from spbench.backends.runtimes import REGISTRY, require_known
from spbench.errors import InputError
from spbench.formats.names import checked_name
from spbench.formats.yaml_model import first_problem, read_yaml_model
from spbench.measure.settings import Protocol
from spbench.sweeps.config import Count, checked_by, checked_pattern, checked_sparsity, list_of

ALL = "all"
_CALL = re.compile(r"([1-9][0-9]{0,5})x([1-9][0-9]{0,5})")


def _runtime(name: str) -> str:
    require_known(name)
    return name


def _all_runtimes(value: Any) -> Any:
    """``all`` among the names means every registered runtime."""
    names = value if isinstance(value, list | tuple) else [value]
    return [each for name in names for each in (REGISTRY if name == ALL else [name])]


def _call(text: str) -> str:
    if not _CALL.fullmatch(text.strip().lower()):
        raise ValueError(f"call {text!r}: write SENTENCESxTOKENS, as in 8x128")
    return text.strip().lower()


class ModelProtocol(Protocol):
    """A turn is one call, so that samples are single calls and have a 99th percentile.

    Calls shorter than ``hot_us`` come after untimed ones: as in steady service, their weights are
    not those that other runtimes have driven out of the caches.
    """

    min_turn_us: Annotated[float, Field(gt=0, le=1e6)] = 1
    hot_us: Annotated[float, Field(ge=0, le=1e6)] = 10_000
    rounds: int = Field(100, ge=8, le=10_000)
    case_budget_s: Annotated[float, Field(gt=0, le=3600)] = 20
    case_timeout_s: Annotated[float, Field(gt=0, le=86_400)] = 300


Runtimes = Annotated[
    list_of(Annotated[str, checked_by(_runtime)], min_length=1), BeforeValidator(_all_runtimes)
]
Patterns = list_of(Annotated[str, checked_by(checked_pattern)])
Sparsities = list_of(Annotated[float, AfterValidator(checked_sparsity)])


class ModelsConfig(BaseModel):
    """What every comparison of runtimes is asked for.

    ``models`` are YAML files of sizes (configs/models), Hugging Face folders or packages. Without
    ``sparsity`` a model is measured as it is; with it, it is pruned by magnitude first, in each
    ``pattern``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, AfterValidator(checked_name)] = "models"
    models: list_of(str, min_length=1)
    runtimes: Runtimes = list(REGISTRY)
    pattern: Patterns = []
    sparsity: Sparsities = []
    seed: int = Field(0, ge=0, le=2**63 - 1)

    @classmethod
    def build(cls, file: str | Path | None, given: Mapping[str, Any]) -> Self:
        """Of a YAML file, if there is one, with what is ``given`` put over it.

        Models in a file are found from its folder on. Raises :class:`InputError` with one line
        about the first thing that is wrong.
        """
        values = {} if file is None else read_yaml_model(file, cls).model_dump(exclude_unset=True)
        values["models"] = [_from(file, model) for model in values.get("models", [])]
        values = cls._joined(values, given)
        if not values["models"]:
            raise InputError("no model: give a YAML file of configs/models, a folder or a package")
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise InputError(first_problem(error, cls)) from error

    @classmethod
    def _joined(cls, values: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        """The values of a file with those that are given over them."""
        return values | dict(given)


class BenchConfig(ModelsConfig):
    """Every model with every pattern and sparsity, every call, every number of threads.

    Calls are ``batch`` times ``tokens``, or named one by one in ``calls`` (``8x128``).
    """

    calls: list_of(Annotated[str, AfterValidator(_call)]) = []
    batch: list_of(Count, min_length=1) = [1]
    tokens: list_of(Count, min_length=1) = [128]
    threads: list_of(Count, min_length=1) = [1]
    protocol: ModelProtocol = ModelProtocol()

    @classmethod
    def _joined(cls, values: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        if {"batch", "tokens"} & set(given):
            if "calls" in given:
                raise InputError("give calls (8x128), or batch and tokens")
            values.pop("calls", None)
        protocol = values.get("protocol", {}) | given.get("protocol", {})
        return values | {**given, "protocol": protocol}

    def call_sizes(self) -> list[tuple[int, int]]:
        """(batch, tokens) of every call, in the order asked for."""
        if not self.calls:
            return [(batch, tokens) for batch in self.batch for tokens in self.tokens]
        return [tuple(int(side) for side in call.split("x")) for call in self.calls]


class LimitConfig(ModelsConfig):
    """Every model with every pattern and sparsity, at every number of tokens.

    ``latency_limit_ms`` is by default that of a model's YAML file. A call has at most ``batch``
    sentences. ``cores`` are shared out among instances; by default all. A trial lasts ``trial_s``,
    and ``least_calls``.
    """

    name: Annotated[str, AfterValidator(checked_name)] = "limit"
    tokens: list_of(Count, min_length=1) = [*range(16, 129, 16), 384]
    latency_limit_ms: Annotated[float, Field(gt=0)] | None = None
    batch: Count = 8
    cores: Count | None = None
    trial_s: Annotated[float, Field(gt=0, le=600)] = 1
    least_calls: int = Field(100, ge=10, le=100_000)
    timeout_s: Annotated[float, Field(gt=0, le=86_400)] = 300


def _from(file: str | Path | None, model: str) -> str:
    """A model that a file names by a path: seen from the file's folder."""
    if file is None:
        return model
    beside = Path(file).parent / model
    return str(beside) if beside.exists() else model
