"""A YAML file read into a pydantic model, with errors that name the file and the line."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from spbench.errors import InputError

Model = TypeVar("Model", bound=BaseModel)
Location = tuple[int | str, ...]


def read_yaml_model(path: str | Path, model: type[Model]) -> Model:
    """Read ``path`` into ``model``; an empty file gives the model's defaults.

    Scalars stay text until the model gives them a type, so that ``0x4`` is a
    (wrong) block shape and not the number 4. Raises :class:`InputError`
    (``file:line: what is wrong``) for a missing file, for what is not YAML, for
    an unknown or repeated key, and for a value that the model refuses.
    """
    path = Path(path)
    node = _compose(path)
    if node is None:
        return model()
    if not isinstance(node, yaml.MappingNode):
        raise InputError(f"{path}:1: keys and values are expected, as in `sparsity: 0.8`")
    for line, key in _repeated_keys(node):
        raise InputError(f"{path}:{line}: key {key!r} is given twice")
    data = yaml.BaseLoader("").construct_document(node)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        line, message = _explain(error, node, model)
        raise InputError(f"{path}:{line}: {message}") from error


def first_problem(error: ValidationError) -> str:
    """The first thing a pydantic model refused, in one line."""
    problem = error.errors(include_url=False)[0]
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "value_error" or not problem["loc"]:
        return message
    return f"{problem['loc'][-1]}: {message}"


def _compose(path: Path) -> yaml.Node | None:
    try:
        return yaml.compose(path.read_text(encoding="utf-8"), yaml.BaseLoader)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not a text file") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InputError(f"{path}:{line}: not YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise InputError(f"{path}: not YAML: {str(error).splitlines()[0]}") from error


def _repeated_keys(node: yaml.Node) -> Iterator[tuple[int, str]]:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                yield key.start_mark.line + 1, key.value
            seen.add(key.value)
            yield from _repeated_keys(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _repeated_keys(item)


def _explain(error: ValidationError, node: yaml.Node, model: type[BaseModel]) -> tuple[int, str]:
    problem = error.errors(include_url=False)[0]
    location = problem["loc"]
    line = _line(node, location)
    if problem["type"] != "extra_forbidden":
        return line, first_problem(error)
    known = _keys_at(model.model_json_schema(), location[:-1])
    close = difflib.get_close_matches(str(location[-1]), known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"known keys: {', '.join(known)}"
    return line, f"unknown key {location[-1]!r}; {hint}"


def _line(node: yaml.Node, location: Location) -> int:
    """The line of the key or item at ``location``, or of the innermost part that exists."""
    line = node.start_mark.line
    for part in location:
        if isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part]
            line = node.start_mark.line
            continue
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        found = [(key, value) for key, value in pairs if key.value == part]
        if not found:
            break
        line, node = found[0][0].start_mark.line, found[0][1]
    return line + 1


def _keys_at(schema: dict, location: Location) -> list[str]:
    """The keys that a model's JSON schema knows at ``location``."""
    place = schema
    for part in location:
        place = place.get("items" if isinstance(part, int) else "properties", {})
        place = place if isinstance(part, int) else place.get(part, {})
        name = place.get("$ref", "").rpartition("/")[2]
        place = schema["$defs"][name] if name else place
    return sorted(place.get("properties", {}))
