"""Tensors stored in parts by compressed-tensors, SparseML and PyTorch, put together when read.

    sparse-bitmask       P.compressed [nonzeros], P.bitmask u8 [M, ceil(K / 8)], P.shape, P.row_offsets
    sparse-24-bitmask    P.compressed [M, K / 2], P.bitmask, P.shape [2, 1]
    int-quantized        L.weight s8 [M, K], L.weight_scale, L.weight_zero_point (may be absent)
    pack-quantized       L.weight_packed s32 [M, ceil(K * bits / 32)], L.weight_shape, L.weight_scale
    pruned in PyTorch    L.weight_orig, L.weight_mask: torch.nn.utils.prune not yet made permanent

L is a layer's name, P that or ``L.weight``: both were written. A bit of the mask, the lowest of a
byte first, says that a weight is stored; weights follow each other row by row. A scale is one
number, one a row, or one a row and group of columns. Sparse and quantised go together: then
``P.compressed`` is s8. What is read is always f32.

Source: https://github.com/vllm-project/compressed-tensors, versions 0.3 to 0.9 (sparse formats),
and later (quantised ones); SparseML 1.8 writes the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spbench.errors import InputError
from spbench.formats.safetensors_file import TensorEntry

READ = (
    "dense",
    "sparse-bitmask",
    "sparse-24-bitmask",
    "int-quantized",
    "naive-quantized",
    "pack-quantized",
)
"""Formats that can be read, as config.json names them."""

Parts = Mapping[str, TensorEntry]


@dataclass(frozen=True)
class CompressedEntry(TensorEntry):
    """A tensor made of ``parts`` (by what each is for); path and size are those of the main part.

    ``storage`` names the format for people.
    """

    parts: Parts
    storage: str

    @property
    def is_float(self) -> bool:
        return True

    @property
    def files(self) -> set[Path]:
        return {file for part in self.parts.values() for file in part.files}

    def bits(self) -> np.ndarray:
        """Raises :class:`InputError`: its bits lie nowhere."""
        raise self._unchangeable()

    def check_changeable(self) -> None:
        """Raises :class:`InputError`."""
        raise self._unchangeable()

    def _unchangeable(self) -> InputError:
        return InputError(
            f"{self.path}: {self.name} is stored as {self.storage}, which cannot be changed in its"
            " place; save the model uncompressed first (save_pretrained of a decompressed model)"
        )

    def values(self) -> np.ndarray:
        """The numbers as f32, of the tensor's shape. Raises :class:`InputError` if damaged."""
        weight = self._weight()
        if "scale" in self.parts:
            weight = self._dequantised(weight)
        elif weight.dtype.kind != "f":
            raise self._damaged("whole numbers without a weight_scale")
        if "mask" in self.parts:
            weight = weight * (_numbers(self.parts["mask"]) != 0)
        if weight.shape != self.shape:
            raise self._damaged(f"{[*weight.shape]}, not {[*self.shape]}")
        return weight.astype(np.float32, copy=False)

    def is_finite(self) -> bool:
        return bool(np.isfinite(self.values()).all())

    def _weight(self) -> np.ndarray:
        if "bitmask" in self.parts:
            return self._from_bitmask()
        if "packed" in self.parts:
            return self._unpacked()
        return _numbers(self.parts["weight"])

    def _from_bitmask(self) -> np.ndarray:
        stored, mask = _numbers(self.parts["compressed"]).ravel(), self.parts["bitmask"].integers()
        if mask.shape != (*self.shape[:-1], -(-self.shape[-1] // 8)):
            raise self._damaged(f"a bitmask {[*mask.shape]} for {[*self.shape]}")
        kept = np.unpackbits(mask, axis=-1, count=self.shape[-1], bitorder="little").astype(bool)
        if np.count_nonzero(kept) != len(stored):
            raise self._damaged(f"{len(stored)} weights for {np.count_nonzero(kept)} bits")
        weight = np.zeros(self.shape, stored.dtype)
        weight[kept] = stored
        return weight

    def _unpacked(self) -> np.ndarray:
        """Unsigned fields of a word, the lowest first, with half of their range taken off."""
        words = self.parts["packed"].integers().view(np.uint32)
        rows, cols = self.shape
        a_word = next((n for n in (8, 4) if -(-cols // n) == words.shape[-1]), None)
        if a_word is None or len(words) != rows:
            raise self._damaged(
                f"{[*words.shape]} words for {[*self.shape]} weights of 4 or 8 bits"
            )
        width = 32 // a_word
        fields = words[..., None] >> (width * np.arange(a_word, dtype=np.uint32))
        unsigned = (fields & ((1 << width) - 1)).reshape(rows, -1)[:, :cols]
        return unsigned.astype(np.int16) - (1 << (width - 1))

    def _dequantised(self, weight: np.ndarray) -> np.ndarray:
        scale = self._by_column(_numbers(self.parts["scale"]), weight)
        if "zero_point" in self.parts:
            zero = self._by_column(_numbers(self.parts["zero_point"]), weight)
            weight = np.subtract(weight, zero, dtype=np.float32)  # s8 would wrap around
        return np.multiply(weight, scale, dtype=np.float32)

    def _by_column(self, values: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """Values of the tensor, of rows, or of rows and groups of columns, to fit ``weight``."""
        if values.size == 1:
            return values.reshape(1, 1)
        rows, cols = weight.shape
        if values.size == rows:
            return values.reshape(rows, 1)
        if values.ndim == 2 and len(values) == rows and cols % values.shape[1] == 0:
            return np.repeat(values, cols // values.shape[1], axis=1)
        raise self._damaged(f"scales {[*values.shape]} for {[*weight.shape]} weights")

    def _damaged(self, what: str) -> InputError:
        return InputError(f"{self.path}: {self.name} ({self.storage}) has {what}; fetch it again")


def assemble(tensors: Mapping[str, TensorEntry], config: Mapping) -> dict[str, TensorEntry]:
    """The tensors of a checkpoint with those that are stored in parts as one each.

    Parts go, the whole takes the place of the first. Raises :class:`InputError` for a format
    that is not read (:data:`READ`), and for a tensor of which a part is missing.
    """
    _refuse_unknown(config)
    wholes = {found.name: found for found in _find(tensors)}
    of_part = {part.name: whole for whole in wholes.values() for part in whole.parts.values()}
    found: dict[str, TensorEntry] = {}
    for name, entry in tensors.items():
        whole = of_part.get(name, entry)
        found.setdefault(whole.name, whole)
    return {name: entry for name, entry in found.items() if not _is_left_over(name, wholes)}


def _storage_of(config: Mapping) -> list[str]:
    """The formats that config.json names, sparse first; empty for a plain checkpoint."""
    section = _section(config)
    sparsity = section.get("sparsity_config")
    sparse = sparsity.get("format") if isinstance(sparsity, Mapping) else None
    own = section.get("format")
    # Older ones have the sparse format at the top: {"format": "sparse-bitmask", "global_sparsity"...}
    return [each for each in (sparse, own) if isinstance(each, str) and each != "dense"]


def _section(config: Mapping) -> Mapping:
    for name in ("quantization_config", "compression_config", "sparsity_config"):
        section = config.get(name)
        if isinstance(section, Mapping):
            return {"sparsity_config": section} if name == "sparsity_config" else section
    return {}


def _refuse_unknown(config: Mapping) -> None:
    ours = _section(config).get("quant_method", "compressed-tensors") == "compressed-tensors"
    unknown = [each for each in _storage_of(config) if ours and each not in READ]
    if unknown:
        raise InputError(
            f"weights stored as {unknown[0]} are not read; save the model as one of"
            f" {', '.join(READ)}"
        )


def _find(tensors: Mapping[str, TensorEntry]) -> Iterator[CompressedEntry]:
    for name in tensors:
        base, _, part = name.rpartition(".")
        if part in _WAYS and base:
            yield from _WAYS[part](base, tensors)


def _bitmask(base: str, tensors: Mapping[str, TensorEntry]) -> Iterator[CompressedEntry]:
    parts = _parts(base, tensors, "compressed", "bitmask", "shape")
    layer = base.removesuffix(".weight")
    offsets = _present({"row_offsets": tensors.get(f"{base}.row_offsets")})
    two_of_four = len(parts["compressed"].shape) == 2
    yield _entry(
        layer,
        _shape(parts["shape"]),
        parts["compressed"],
        {**parts, **offsets, **_scales(layer, tensors)},
        "sparse-24-bitmask" if two_of_four else "sparse-bitmask",
    )


def _quantised(base: str, tensors: Mapping[str, TensorEntry]) -> Iterator[CompressedEntry]:
    """Found by its scale; a sparse one is found by its bitmask, a packed one by its words."""
    weight = tensors.get(f"{base}.weight")
    if weight is not None and weight.dtype == "I8":
        parts = {"weight": weight, **_scales(base, tensors)}
        yield _entry(base, weight.shape, weight, parts, "int-quantized")


def _packed(base: str, tensors: Mapping[str, TensorEntry]) -> Iterator[CompressedEntry]:
    parts = _parts(base, tensors, "weight_packed", "weight_shape", "weight_scale")
    for name in ("weight_zero_point", "weight_g_idx"):
        if f"{base}.{name}" in tensors:
            path = tensors[f"{base}.{name}"].path
            raise InputError(f"{path}: {base}: pack-quantized with {name} is not read")
    packed = parts["weight_packed"]
    named = {"packed": packed, "shape": parts["weight_shape"], "scale": parts["weight_scale"]}
    yield _entry(base, _shape(parts["weight_shape"]), packed, named, "pack-quantized")


def _masked(base: str, tensors: Mapping[str, TensorEntry]) -> Iterator[CompressedEntry]:
    parts = _parts(base, tensors, "weight_orig", "weight_mask")
    weight, mask = parts["weight_orig"], parts["weight_mask"]
    if weight.shape != mask.shape:
        raise InputError(f"{mask.path}: {mask.name} {[*mask.shape]} does not fit {weight.name}")
    yield _entry(base, weight.shape, weight, {"weight": weight, "mask": mask}, "weights and masks")


_WAYS: Mapping[str, Callable[[str, Mapping[str, TensorEntry]], Iterator[CompressedEntry]]] = {
    "compressed": _bitmask,
    "weight_scale": _quantised,
    "weight_packed": _packed,
    "weight_orig": _masked,
}
"""By the part that gives a format away."""


def _parts(base: str, tensors: Mapping[str, TensorEntry], *names: str) -> dict[str, TensorEntry]:
    found = {name: tensors.get(f"{base}.{name}") for name in names}
    missing = [name for name, entry in found.items() if entry is None]
    if missing:
        path = next(entry.path for entry in found.values() if entry is not None)
        raise InputError(f"{path}: {base} has no {missing[0]}; fetch the model again")
    return found


def _present(parts: Mapping[str, TensorEntry | None]) -> dict[str, TensorEntry]:
    return {name: entry for name, entry in parts.items() if entry is not None}


def _scales(layer: str, tensors: Mapping[str, TensorEntry]) -> dict[str, TensorEntry]:
    names = {"scale": "weight_scale", "zero_point": "weight_zero_point"}
    return _present({part: tensors.get(f"{layer}.{name}") for part, name in names.items()})


def _shape(entry: TensorEntry) -> tuple[int, ...]:
    sides = tuple(int(side) for side in entry.integers().ravel())
    if not sides or min(sides) < 1:
        raise InputError(f"{entry.path}: {entry.name} is no shape: {[*sides]}; fetch it again")
    return sides


def _entry(
    layer: str, shape: tuple[int, ...], main: TensorEntry, parts: Parts, storage: str
) -> CompressedEntry:
    where = (main.path, main.offset, main.nbytes)
    return CompressedEntry(f"{layer}.weight", "F32", shape, *where, parts, storage)


def _is_left_over(name: str, wholes: Mapping[str, CompressedEntry]) -> bool:
    """Whether it describes activations of a whole, which are calibrated anew."""
    layer, _, part = name.rpartition(".")
    return f"{layer}.weight" in wholes and part in _ACTIVATIONS


_ACTIVATIONS = {
    f"{side}_{what}" for side in ("input", "output") for what in ("scale", "zero_point")
}


def _numbers(entry: TensorEntry) -> np.ndarray:
    return entry.values() if entry.is_float else entry.integers()
