"""One safetensors file: where each tensor lies, and its numbers when asked for.

The library checks the file (sizes, offsets, header) on opening; the bytes are
then read by offset, because NumPy has no bf16 and because a pruned copy keeps
every byte that pruning does not touch:

    8 bytes  length of the header, little endian
    header   JSON: name -> {dtype, shape, data_offsets}, and __metadata__
    data     the tensors, offsets counted from here
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spbench.errors import InputError, refusal

_INTEGERS = {"I8": "<i1", "U8": "<u1", "BOOL": "<u1", "I16": "<i2", "I32": "<i4", "I64": "<i8"}
# The floating-point types spbench reads, and the unsigned integer of the same width.
_BITS = {"F64": np.dtype("<u8"), "F32": np.dtype("<u4"), "F16": np.dtype("<u2")}
_BITS["BF16"] = _BITS["F16"]
_CHUNK = 1 << 22  # elements; bounds the memory of a pass over a large embedding


@dataclass(frozen=True)
class TensorEntry:
    """A tensor in a file, not yet read. ``offset`` and ``nbytes`` count bytes in ``path``."""

    name: str
    dtype: str  # as safetensors writes it: F32, BF16, I64, ...
    shape: tuple[int, ...]
    path: Path
    offset: int
    nbytes: int

    @property
    def is_float(self) -> bool:
        """Whether spbench can read it as numbers: F64, F32, F16 or BF16."""
        return self.dtype in _BITS

    @property
    def files(self) -> set[Path]:
        """Every file that it lies in."""
        return {self.path}

    def bits(self) -> np.ndarray:
        """The stored bits, as unsigned integers of the tensor's width and shape."""
        return self._read(0, self._elements).reshape(self.shape)

    def integers(self) -> np.ndarray:
        """The numbers of a tensor that holds whole ones, in their own type; booleans as u8.

        Raises :class:`InputError` for a tensor of another kind.
        """
        if self.dtype not in _INTEGERS:
            raise InputError(f"{self.path}: {self.name} is {self.dtype}, not whole numbers")
        dtype = np.dtype(_INTEGERS[self.dtype])
        return self._read(0, self.nbytes // dtype.itemsize, dtype).reshape(self.shape)

    def values(self) -> np.ndarray:
        """The numbers as f32; bf16 and f16 exactly, f64 rounded."""
        return self.decoded(self.bits())

    def decoded(self, bits: np.ndarray) -> np.ndarray:
        """The numbers that ``bits`` of this tensor's dtype stand for, as f32."""
        return _to_f32(bits, self.dtype)

    def encoded(self, values: np.ndarray) -> np.ndarray:
        """f32 ``values`` as bits of this tensor's dtype, rounded to nearest even."""
        if self.dtype == "BF16":
            bits = values.astype(np.float32).view(np.uint32)
            return ((bits + (0x7FFF + ((bits >> 16) & 1))) >> 16).astype(np.uint16)
        bits = _BITS[self.dtype]
        return values.astype(bits.str.replace("u", "f")).view(bits)

    def check_changeable(self) -> None:
        """Raises :class:`InputError` where no other numbers can take the place of these."""

    def is_finite(self) -> bool:
        """Whether no element is NaN or infinite."""
        for start in range(0, self._elements, _CHUNK):
            bits = self._read(start, min(_CHUNK, self._elements - start))
            if not np.isfinite(_to_f32(bits, self.dtype)).all():
                return False
        return True

    @property
    def _elements(self) -> int:
        return self.nbytes // _BITS[self.dtype].itemsize

    def _read(self, start: int, count: int, dtype: np.dtype | None = None) -> np.ndarray:
        dtype = dtype or _BITS[self.dtype]
        try:
            bits = np.fromfile(self.path, dtype, count, offset=self.offset + start * dtype.itemsize)
        except OSError as error:
            raise refusal(error, self.path, "cannot be read") from error
        if len(bits) != count:
            raise InputError(f"{self.path}: became shorter while it was read; fetch it again")
        return bits


def read_entries(path: Path) -> list[TensorEntry]:
    """The tensors of a file in the order of its header.

    Raises :class:`InputError` for a file that is missing, truncated or not safetensors.
    """
    _check(path)
    with path.open("rb") as file:
        header_bytes = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(header_bytes))
    return list(_entries(path, header, 8 + header_bytes))


def _entries(path: Path, header: dict, data_start: int) -> Iterator[TensorEntry]:
    for name, fields in header.items():
        if name != "__metadata__":
            begin, end = fields["data_offsets"]
            shape = tuple(fields["shape"])
            yield TensorEntry(name, fields["dtype"], shape, path, data_start + begin, end - begin)


def _check(path: Path) -> None:
    from safetensors import SafetensorError, safe_open

    try:
        with path.open("rb") as file:
            if file.read(20) == b"version https://git-":
                raise InputError(f"{path}: a Git LFS pointer, not weights; run: git lfs pull")
        with safe_open(path, framework="numpy"):
            pass
    except SafetensorError as error:
        raise InputError(
            f"{path}: corrupt or truncated ({_cause(error)}); fetch the file again"
        ) from error
    except OSError as error:
        raise refusal(error, path, "cannot be read") from error
    except ValueError as error:  # a NUL, or half of a surrogate pair
        raise InputError(f"{path}: no file can have this name") from error


def _cause(error: Exception) -> str:
    return str(error).splitlines()[0].removeprefix("Error while deserializing header: ")


def _to_f32(bits: np.ndarray, dtype: str) -> np.ndarray:
    if dtype == "BF16":
        return (bits.astype(np.uint32) << 16).view(np.float32)
    with np.errstate(over="ignore"):  # an f64 beyond f32 becomes Inf, and is refused as such
        return bits.view(bits.dtype.str.replace("u", "f")).astype(np.float32, copy=False)
