"""Where a model lies: a Hugging Face folder, or an installed package that carries one."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
from pathlib import Path

from spbench.errors import InputError
from spbench.formats.path_kind import PathKind, path_kind

WEIGHT_FILES = ("model.safetensors", "model.safetensors.index.json")
_PACKAGE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")


def find_model_folder(name_or_path: str | Path) -> Path:
    """The folder with config.json and weights that ``name_or_path`` means.

    A folder of that name comes first, then an installed package (dashes and
    underscores alike), which is looked into without importing it. Raises
    :class:`InputError` when there is neither, or when a package carries several.
    """
    name = str(name_or_path)
    if not name:
        raise InputError("the model's name is empty; give a folder or an installed package")
    path = _expanded(name)
    kind = path_kind(path)
    if kind is PathKind.FOLDER:
        return path
    if kind is not PathKind.MISSING:
        raise InputError(f"{path}: {kind}; give the folder that holds config.json and the weights")
    if not _PACKAGE.fullmatch(name):
        raise InputError(f"{path}: no such folder; models are not downloaded, fetch it first")
    root = _package_root(name)
    if root is None:
        raise InputError(f"{name}: no such folder, and no installed package of that name")
    return _only_model(name, root)


def model_folders(root: Path, depth: int = 3) -> list[Path]:
    """Folders at most ``depth`` levels below ``root`` that hold a config and weights."""
    levels = ["/".join(["*"] * level + ["config.json"]) for level in range(depth + 1)]
    configs = [config for level in levels for config in sorted(root.glob(level.lstrip("/")))]
    return [config.parent for config in configs if _is_model(config)]


def _expanded(name: str) -> Path:
    try:
        return Path(name).expanduser()
    except RuntimeError as error:
        raise InputError(f"{name}: no such user; write ./{name} for a folder here") from error


def _is_model(config: Path) -> bool:
    weights = (config.parent / name for name in WEIGHT_FILES)
    return os.path.isfile(config) and any(map(os.path.isfile, weights))  # False where forbidden


def _only_model(name: str, root: Path) -> Path:
    folders = model_folders(root)
    if not folders:
        raise InputError(
            f"{name}: an installed package, but it carries no model (looked in {root})"
        )
    if len(folders) > 1:
        choices = ", ".join(map(str, folders))
        raise InputError(f"{name}: the package carries several models; give one folder: {choices}")
    return folders[0]


def _package_root(name: str) -> Path | None:
    """The directory of the import package that a distribution or module ``name`` installs."""
    for module in [*_distribution_modules(name), re.sub(r"[-.]", "_", name)]:
        try:
            spec = importlib.util.find_spec(module)  # a top-level name: nothing is imported
        except (ImportError, ValueError):
            continue
        if spec is not None and spec.submodule_search_locations:
            return Path(next(iter(spec.submodule_search_locations)))
    return None


def _distribution_modules(name: str) -> list[str]:
    """Import packages of the distribution ``name``, from the list of its files."""
    try:
        files = importlib.metadata.distribution(name).files or []
    except importlib.metadata.PackageNotFoundError:
        return []
    tops = {file.parts[0] for file in files if len(file.parts) > 1}
    return sorted(top for top in tops if top.isidentifier())
