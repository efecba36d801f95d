"""A YAML file read into a pydantic model, with errors that name the file and the line."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from spbench.errors import InputError
from spbench.formats.yaml_tree import read_yaml_tree

Model = TypeVar("Model", bound=BaseModel)
Location = tuple[int | str, ...]

# Where pydantic speaks of Python's types, a user knows YAML's.
_MESSAGES = {
    "tuple_type": "a list is expected, as in [a, b]",
    "list_type": "a list is expected, as in [a, b]",
    "string_type": "one value is expected, not a list or keys",
    "model_type": "keys and values are expected",
    "model_attributes_type": "keys and values are expected",
}


def read_yaml_model(path: str | Path, model: type[Model]) -> Model:
    """Read ``path`` into ``model``; an empty file gives the model's defaults.

    Scalars stay text until the model gives them a type, so that ``0x4`` is a
    (wrong) block shape and not the number 4. Raises :class:`InputError`
    (``file:line: what is wrong``) for a missing file, for what is not YAML, for
    an unknown or repeated key, and for a value that the model refuses.
    """
    path = Path(path)
    node = read_yaml_tree(path)
    if node is None:
        return model()
    if not isinstance(node, yaml.MappingNode):
        raise InputError(f"{path}:1: keys and values are expected, as in `sparsity: 0.8`")
    data = yaml.BaseLoader("").construct_document(node)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        line = _line(node, error.errors(include_url=False)[0]["loc"])
        raise InputError(f"{path}:{line}: {first_problem(error, model)}") from error


def first_problem(error: ValidationError, model: type[BaseModel] | None = None) -> str:
    """The first thing a pydantic model refused, in one line.

    With the ``model``, an unknown key is answered with the keys that it knows.
    """
    problem = error.errors(include_url=False)[0]
    kind, location = problem["type"], problem["loc"]
    if kind == "extra_forbidden" and model is not None:
        return _unknown_key(location, model)
    message = _MESSAGES.get(kind, problem["msg"].removeprefix("Value error, "))
    names = [part for part in location if isinstance(part, str)]  # the rest counts items of a list
    return message if kind == "value_error" or not names else f"{names[-1]}: {message}"


def _unknown_key(location: Location, model: type[BaseModel]) -> str:
    known = _keys_at(model.model_json_schema(), location[:-1])
    close = difflib.get_close_matches(str(location[-1]), known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"known keys: {', '.join(known)}"
    return f"unknown key {location[-1]!r}; {hint}"


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
