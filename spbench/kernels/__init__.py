"""Block-sparse int8 kernels: the Python face of cython_kernels/.

    BlockSparseMatrix --PackedWeight.pack--> PackedWeight --+
                                                            +--> Spmm.run --> Panels --to_array--> Y
    X u8 [K, N] ------Panels.from_array----> Panels --------+       ^
                                             Epilogue --------------+

>>> weight = PackedWeight.pack(BlockSparseMatrix.from_dense(w, BlockShape.parse("4x1")))
>>> y = spmm(weight, Panels.from_array(x)).to_array()        # s32 [M, N]

:class:`DenseWeight` takes the place of :class:`PackedWeight` where nothing is to be skipped.
With a few tokens (decoding) weights are packed as :class:`TokenWeight` and multiplied by
:func:`spmv`: X is [tokens, channels], an index one byte.

Models that are not quantised have f32 or bf16 weights, :class:`PackedFloatWeight`, multiplied
by :func:`spmm_float`.

The best kernel for this CPU is chosen at run time; ``SPBENCH_ISA`` caps the choice.
"""

from spbench.kernels.dense_weight import DenseWeight
from spbench.kernels.epilogue import Epilogue, byte_table
from spbench.kernels.isa import active_isa, isa_cap, usable_kernels
from spbench.kernels.packed_weight import (
    PackedWeight,
    block_shapes,
    packed_index_bytes,
    require_kernel,
)
from spbench.kernels.panels import Panels
from spbench.kernels.spmm import Spmm, spmm
from spbench.kernels.spmm_float import (
    PackedFloatWeight,
    SpmmFloat,
    active_float_isa,
    float_block_shapes,
    require_float_kernel,
    spmm_float,
)
from spbench.kernels.spmv import Spmv, spmv
from spbench.kernels.threads import cpu_quota, default_num_threads, usable_cpus
from spbench.kernels.token_weight import TokenWeight

__all__ = [
    "DenseWeight",
    "Epilogue",
    "PackedFloatWeight",
    "PackedWeight",
    "Panels",
    "Spmm",
    "SpmmFloat",
    "Spmv",
    "TokenWeight",
    "active_float_isa",
    "active_isa",
    "block_shapes",
    "byte_table",
    "cpu_quota",
    "default_num_threads",
    "float_block_shapes",
    "isa_cap",
    "packed_index_bytes",
    "require_float_kernel",
    "require_kernel",
    "spmm",
    "spmm_float",
    "spmv",
    "usable_cpus",
    "usable_kernels",
]
