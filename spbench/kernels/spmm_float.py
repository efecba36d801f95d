"""The product on floating point: Y[M, N] = W[M, K] . X[K, N], W block-sparse, f32 or bf16.

For models that are not quantised::

    BlockSparseMatrix (f32) --PackedFloatWeight.pack--> PackedFloatWeight --+
                                                                            +--> SpmmFloat.run
    X f32 [K, N] --Panels.from_array(x, "f32" or "bf16")--> Panels ---------+      --> Panels
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spbench.errors import InputError
from spbench.formats import BlockShape, BlockSparseMatrix
from spbench.kernels._native import spmm_float as native
from spbench.kernels._native.spmm import isa_names
from spbench.kernels.isa import isa_cap
from spbench.kernels.memory import aligned_empty
from spbench.kernels.packed_weight import require_valid_structure
from spbench.kernels.panels import DTYPES, Panels
from spbench.kernels.threads import default_num_threads

_NARROW_CHANNELS = 65536  # channel numbers below this fit u16


@dataclass(frozen=True, eq=False)
class PackedFloatWeight:
    """W f32 or bf16 [M, K], packed as cython_kernels/include/spmm_float.h says.

    Attributes
    ----------
    shape : (M, K)
    block : BlockShape
    dtype : "f32" or "bf16"
    group_begin : int64 [block_rows + 1]
        First group of each block row; a group is one input channel for f32, two for bf16.
    weights : f32, or bf16 (its bits, as u16) [slots * R]
    channels : u16 or u32 [slots]
        Input channel of each slot; u32 only where K > 65536.
    stored_weights : int
        Weights in stored blocks, without the padding of groups and edges.
    """

    shape: tuple[int, int]
    block: BlockShape
    dtype: str
    group_begin: np.ndarray
    weights: np.ndarray
    channels: np.ndarray
    stored_weights: int

    @classmethod
    def pack(cls, matrix: BlockSparseMatrix, dtype: str = "f32") -> PackedFloatWeight:
        """Pack once, run many times. bf16 weights are rounded to nearest even.

        Raises :class:`InputError` for a block shape that no kernel has, TypeError
        unless the weights are f32, ValueError for indices that no matrix of this shape has.
        """
        if matrix.data.dtype != np.float32:
            raise TypeError(f"weights are f32, not {matrix.data.dtype}")
        require_float_kernel(matrix.block, dtype)
        require_valid_structure(matrix)
        group_begin = np.empty(len(matrix.indptr), np.int64)
        native.count_groups(dtype, matrix.indptr, group_begin)
        slots = int(group_begin[-1]) * native.group_channels(dtype)
        wide = matrix.shape[1] > _NARROW_CHANNELS
        weights = aligned_empty(slots * matrix.block.rows, DTYPES[dtype])
        channels = aligned_empty(slots, np.uint32 if wide else np.uint16)
        data = matrix.data.reshape(matrix.stored_blocks, matrix.block.rows)
        native.pack_weight(
            dtype,
            matrix.indptr,
            matrix.indices,
            data,
            group_begin,
            weights.view(np.uint8),
            channels,
        )
        return cls(
            matrix.shape,
            matrix.block,
            dtype,
            group_begin,
            weights,
            channels,
            matrix.stored_weights,
        )

    @property
    def index_bytes(self) -> int:
        """Bytes that say where the weights belong."""
        return self.channels.nbytes + self.group_begin.nbytes


class SpmmFloat:
    """One product with its memory, prepared once and run any number of times.

    Y = max(W . X + bias, 0 if ``relu``), summed in f32. The method is that of
    arXiv 2306.16601 (constant blocks) on panels that need no transposition. ``run`` releases
    the GIL and allocates nothing. One object must not be run by two Python threads at the same
    time; different objects may.

    Parameters
    ----------
    weight : PackedFloatWeight
        W [M, K], f32 or bf16.
    x : Panels
        X [K, N] of the weight's type, finite. Its memory is read at every run.
    bias : f32 [M], or one number
    relu : bool
        Whether negative results become 0.
    output : "f32", or "bf16" for a product of bf16
    y : Panels, optional
        Where to write; [M, N] of the output's type. Made if not given.
    num_threads : int, optional
        Default: the physical cores that this process may use.

    Raises
    ------
    ValueError
        Shapes or types that do not fit each other.
    InputError
        ``SPBENCH_ISA`` names no ISA.
    """

    def __init__(
        self,
        weight: PackedFloatWeight,
        x: Panels,
        bias: np.ndarray | float = 0.0,
        relu: bool = False,
        output: str = "f32",
        y: Panels | None = None,
        num_threads: int | None = None,
    ) -> None:
        m, k = weight.shape
        if x.dtype != weight.dtype or x.channels != k:
            raise ValueError(
                f"x is {x.dtype} with {x.channels} channels, not {weight.dtype} with K = {k}"
            )
        if output not in ("f32", weight.dtype):
            raise ValueError(f"there is no {output} output of a {weight.dtype} product")
        self.y = y or Panels.empty(m, x.tokens, output)
        if (self.y.dtype, self.y.channels, self.y.tokens) != (output, m, x.tokens):
            raise ValueError(f"y must be {output} [{m}, {x.tokens}]")
        threads = default_num_threads() if num_threads is None else num_threads
        if threads < 1:
            raise ValueError(f"num_threads must be at least 1, not {threads}")
        self.call = native.SpmmFloatCall(
            dtype=weight.dtype,
            m=m,
            k=k,
            n=x.tokens,
            rows=weight.block.rows,
            group_begin=weight.group_begin,
            weights=weight.weights.view(np.uint8),
            channels=weight.channels,
            x=x.data.view(np.uint8),
            y=self.y.data.view(np.uint8),
            output=output,
            bias=np.broadcast_to(np.asarray(bias, np.float32), (m,)).copy(),
            relu=relu,
            threads=threads,
            isa=isa_cap(),
            row_split=np.empty(threads + 1, np.int64),
        )

    def run(self) -> Panels:
        """Multiply; returns ``y``. Raises RuntimeError if threads cannot be started."""
        self.call.run()
        return self.y

    @property
    def kernels(self) -> tuple[str, ...]:
        """Names of the kernels that run, by falling panel width."""
        return self.call.kernels


def spmm_float(
    weight: PackedFloatWeight,
    x: Panels,
    bias: np.ndarray | float = 0.0,
    relu: bool = False,
    output: str = "f32",
    num_threads: int | None = None,
) -> Panels:
    """Y = W . X once; see :class:`SpmmFloat` for the parameters and errors."""
    return SpmmFloat(weight, x, bias, relu, output, num_threads=num_threads).run()


def float_block_shapes(dtype: str) -> list[BlockShape]:
    """Block shapes that kernels of ``dtype`` (f32 or bf16) exist for."""
    table = native.kernel_table()
    return sorted({BlockShape(*each["block"]) for each in table if each["dtype"] == dtype})


def require_float_kernel(block: BlockShape, dtype: str) -> None:
    """Raise :class:`InputError`, naming the shapes that exist, unless ``block`` is among them.

    ValueError for a dtype that is neither f32 nor bf16.
    """
    if dtype not in native.TYPES:
        raise ValueError(f"dtype {dtype!r}: one of {', '.join(native.TYPES)}")
    if block not in float_block_shapes(dtype):
        known = ", ".join(map(str, float_block_shapes(dtype)))
        raise InputError(f"no {dtype} kernel for {block} blocks; kernels exist for {known}")


def active_float_isa(dtype: str) -> str:
    """The highest level for which a kernel of ``dtype`` runs here, e.g. ``"avx512bf16"``."""
    levels = isa_names()
    cap = levels.index(isa_cap())
    usable = {
        levels.index(each["isa"])
        for each in native.kernel_table()
        if each["dtype"] == dtype and each["usable"]
    }
    return levels[max(level for level in usable if level <= cap)]
