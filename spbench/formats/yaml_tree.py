"""The tree of a YAML file, refused where it is no plain tree of keys and values."""

from __future__ import annotations

from pathlib import Path

import yaml

from spbench.errors import InputError, refusal

# Far beyond what a recipe or a sweep needs; aliases can make a few lines grow without bound.
_MOST_BYTES, _MOST_NODES, _MOST_LEVELS = 1 << 20, 100_000, 32


def read_yaml_tree(path: Path) -> yaml.Node | None:
    """The nodes of ``path``, which know their lines; None for an empty file.

    In every mapping of it the keys are plain text, each given once. Raises
    :class:`InputError` (``file:line: what is wrong``) otherwise, and for a file
    that is missing, not text, not YAML, or nested without end.
    """
    tree = _compose(path, _read(path))
    if tree is not None:
        _require_plain(path, tree)
    return tree


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise InputError(f"{path}: larger than {_MOST_BYTES >> 20} MiB; give another file")
        return content.decode("utf-8")
    except OSError as error:
        raise refusal(error, path, "cannot be read") from error
    except ValueError as error:
        raise InputError(f"{path}: not a text file") from error


def _compose(path: Path, text: str) -> yaml.Node | None:
    try:
        return yaml.compose(text, yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise InputError(f"{path}:{line}: not YAML: {_words(error)}") from error
    except yaml.YAMLError as error:
        raise InputError(f"{path}: not YAML: {str(error).splitlines()[0]}") from error
    except RecursionError as error:
        raise InputError(f"{path}: nested too deeply") from error


def _words(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or "cannot be parsed"
    return f"{error.context}, {problem}" if problem.startswith("but ") else problem


def _require_plain(path: Path, tree: yaml.Node) -> None:
    """Walk the tree in the order of the file, aliases as often as they are used."""
    waiting = [(tree, 0)]
    seen = 0
    while waiting:
        node, level = waiting.pop()
        seen += 1
        if level > _MOST_LEVELS or seen > _MOST_NODES:
            line = node.start_mark.line + 1
            raise InputError(f"{path}:{line}: nested without end, or too deeply; write it out")
        if isinstance(node, yaml.MappingNode):
            _require_plain_keys(path, node)
        waiting += [(child, level + 1) for child in reversed(_children(node))]


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [value for _, value in node.value]
    return node.value if isinstance(node, yaml.SequenceNode) else []


def _require_plain_keys(path: Path, node: yaml.MappingNode) -> None:
    seen: set[str] = set()
    for key, _ in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise InputError(f"{path}:{line}: a key must be plain text, not a list or keys")
        if key.value in seen:
            raise InputError(f"{path}:{line}: key {key.value!r} is given twice")
        seen.add(key.value)
