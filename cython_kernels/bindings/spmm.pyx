# cython: language_level=3
"""Thin face of the SpMM kernels: checks dtypes and shapes, then one C call without the GIL."""

from libcpp.vector cimport vector
from libc.stdint cimport int8_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uintptr_t


cdef extern from "panels.h":
    int64_t spbench_panel_capacity(int64_t n) nogil
    int spbench_panel_width(int64_t n, int64_t start) nogil

cdef extern from "panels/convert.h":
    void panels_from_u8(const uint8_t*, int64_t, int64_t, int64_t, int64_t, uint8_t*) nogil
    void panels_to_bytes(const uint8_t*, int64_t, int64_t, uint8_t*) nogil
    void panels_to_words(const uint32_t*, int64_t, int64_t, uint32_t*) nogil

cdef extern from "epilogue.h":
    ctypedef enum spbench_output:
        SPBENCH_S32, SPBENCH_F32, SPBENCH_U8, SPBENCH_S8
    ctypedef enum spbench_activation:
        SPBENCH_NO_ACTIVATION, SPBENCH_RELU, SPBENCH_GELU, SPBENCH_TANH
    struct spbench_epilogue:
        spbench_output output
        spbench_activation activation
        int is_plain
        int fits
        const float* scale
        const float* bias
        const int32_t* offset
        const float* token_scale
        const float* residual
        float output_scale
        float output_bias
    ctypedef void (*spbench_lookup)(const uint8_t*, uint8_t*, int64_t) nogil

cdef extern from "spmm.h":
    enum:
        SPMM_ALL_COLUMNS
    struct spmm_args:
        int64_t m
        const int64_t* group_begin
        const int8_t* weights
        const void* channels
        int channels_are_wide
        spbench_epilogue epilogue
        const uint8_t* x
        void* y
    ctypedef void (*spmm_kernel)(const spmm_args*, int64_t, int64_t)

cdef extern from "spmm/pack_weight.h":
    struct spmm_blocks:
        const int64_t* indptr
        const int32_t* indices
        const int8_t* data
        int64_t block_rows
        int64_t k
        int rows
        int cols
    void spmm_count_groups(const spmm_blocks*, int64_t*) nogil
    void spmm_pack_weight(const spmm_blocks*, const int64_t*, int8_t*, void*, int) nogil

cdef extern from "dispatch/cpu_features.h":
    uint32_t spbench_cpu_features()
    const char* spbench_feature_name(int index)
    const char* spbench_isa_name(int isa)
    const char* spbench_hypervisor()

cdef extern from "dispatch/spmm_table.h":
    struct spmm_entry:
        const char* name
        int block_rows
        int block_cols
        int panel_width
        int isa
        uint32_t features
        spmm_kernel kernel
    int spmm_table_size()
    const spmm_entry* spmm_table_entry(int index)
    const spmm_entry* spmm_select(int, int, int, uint32_t, int)

cdef extern from "dispatch/lookup_table.h":
    struct lookup_entry:
        const char* name
        int isa
        uint32_t features
        spbench_lookup kernel
    int lookup_table_size()
    const lookup_entry* lookup_table_entry(int index)
    const lookup_entry* lookup_select(uint32_t, int)

cdef extern from "runtime/spmm_run.h":
    struct spmm_kernels:
        spmm_kernel n64
        spmm_kernel n32
        spmm_kernel n16
        spmm_kernel n80
    struct spmm_pass:
        int tokens
    struct spmm_problem:
        spmm_args args
        int64_t k
        int64_t block_rows
        int64_t passes
        const spmm_pass* pass_ "pass"
        int threads
        const int64_t* row_split
        int rows
        spbench_lookup lookup
        const uint8_t* lookup_table
        int failed
    int64_t spmm_plan(int64_t, const spmm_kernels*, spmm_pass*) nogil
    int spmm_run(const spmm_problem*) nogil
    void spmm_run_call(void*) nogil


cdef extern from "runtime/split_rows.h":
    void spbench_split_rows(const int64_t*, int64_t, int, int64_t*) nogil


OUTPUTS = {"s32": SPBENCH_S32, "f32": SPBENCH_F32, "u8": SPBENCH_U8, "s8": SPBENCH_S8}
ACTIVATIONS = {"none": SPBENCH_NO_ACTIVATION, "relu": SPBENCH_RELU, "gelu": SPBENCH_GELU,
               "tanh": SPBENCH_TANH}


cdef list _names(uint32_t bits):
    cdef list names = []
    cdef int index = 0
    while spbench_feature_name(index) != NULL:
        if bits >> index & 1:
            names.append(spbench_feature_name(index).decode())
        index += 1
    return names


def cpu_features():
    """Feature bits of this CPU that kernels may list, by name."""
    return _names(spbench_cpu_features())


def hypervisor():
    """Vendor string of the hypervisor, e.g. ``KVMKVMKVM``; empty if there is none or none tells."""
    return spbench_hypervisor().decode("ascii", "replace")


def isa_names():
    """The levels that SPBENCH_ISA knows, ascending."""
    cdef list names = []
    while spbench_isa_name(len(names)) != NULL:
        names.append(spbench_isa_name(len(names)).decode())
    return names


def kernel_table():
    """Every SpMM kernel compiled in, as dicts.

    ``block``: (rows, columns), the columns None for dense kernels; ``usable``: this CPU has
    the kernel's feature bits.
    """
    cdef uint32_t features = spbench_cpu_features()
    cdef const spmm_entry* entry
    table = []
    for index in range(spmm_table_size()):
        entry = spmm_table_entry(index)
        table.append({
            "name": entry.name.decode(),
            "block": (entry.block_rows, entry.block_cols or None),
            "panel_width": entry.panel_width,
            "isa": spbench_isa_name(entry.isa).decode(),
            "features": _names(entry.features),
            "usable": entry.features & ~features == 0,
        })
    return table


def lookup_kernel_table():
    """Every lookup kernel compiled in, as dicts, like :func:`kernel_table`."""
    cdef uint32_t features = spbench_cpu_features()
    cdef const lookup_entry* entry
    table = []
    for index in range(lookup_table_size()):
        entry = lookup_table_entry(index)
        table.append({
            "name": entry.name.decode(),
            "isa": spbench_isa_name(entry.isa).decode(),
            "features": _names(entry.features),
            "usable": entry.features & ~features == 0,
        })
    return table


def look_up(str isa, const uint8_t[::1] table, uint8_t[::1] data):
    """Replace every byte of ``data`` by ``table[byte]``; its size is a multiple of 16."""
    if table.shape[0] != 256 or data.shape[0] % 16:
        raise ValueError("a table has 256 bytes, data a multiple of 16")
    cdef const lookup_entry* entry = lookup_select(
        spbench_cpu_features(), isa_names().index(isa))
    if data.shape[0]:
        with nogil:
            entry.kernel(&table[0], &data[0], data.shape[0])


def panel_capacity(int64_t tokens):
    """Tokens that the panels of ``tokens`` tokens hold, padding included."""
    return spbench_panel_capacity(tokens)


def panel_widths(int64_t tokens):
    """Widths of the panels that cover ``tokens`` tokens, in order."""
    widths = []
    cdef int64_t start = 0
    while start < tokens:
        widths.append(spbench_panel_width(tokens, start))
        start += widths[-1]
    return widths


cdef spmm_blocks _blocks(const int64_t[::1] indptr, const int32_t[::1] indices,
                         const int8_t[:, :, ::1] data, int64_t k) except *:
    if (indptr.shape[0] < 1 or indices.shape[0] != data.shape[0]
            or indptr[indptr.shape[0] - 1] != indices.shape[0]
            or not (data.shape[2] == 1 or (data.shape[2] == 4 and k >= 4))):
        raise ValueError("indptr, indices and data do not fit each other")
    cdef spmm_blocks blocks
    blocks.indptr = &indptr[0]
    blocks.indices = &indices[0] if indices.shape[0] else NULL
    blocks.data = &data[0, 0, 0] if data.shape[0] else NULL
    blocks.block_rows = indptr.shape[0] - 1
    blocks.k = k
    blocks.rows = data.shape[1]
    blocks.cols = data.shape[2]
    return blocks


def count_groups(const int64_t[::1] indptr, const int32_t[::1] indices,
                 const int8_t[:, :, ::1] data, int64_t k, int64_t[::1] group_begin):
    """Fill ``group_begin`` [block_rows + 1] for blocks R x C, ``data`` [blocks, R, C]."""
    cdef spmm_blocks blocks = _blocks(indptr, indices, data, k)
    if group_begin.shape[0] != indptr.shape[0]:
        raise ValueError("group_begin needs block_rows + 1 elements")
    with nogil:
        spmm_count_groups(&blocks, &group_begin[0])


def pack_weight(const int64_t[::1] indptr, const int32_t[::1] indices,
                const int8_t[:, :, ::1] data, int64_t k, const int64_t[::1] group_begin,
                int8_t[::1] weights, channels):
    """Fill weights [groups * R * 4] and channels, u16 or u32 [(groups + 1) * 4 / C]."""
    cdef spmm_blocks blocks = _blocks(indptr, indices, data, k)
    cdef int wide = channels.dtype.itemsize == 4
    cdef uint8_t[::1] raw = channels.view("uint8")
    cdef int64_t groups = group_begin[blocks.block_rows]
    if (group_begin.shape[0] != blocks.block_rows + 1
            or weights.shape[0] != groups * 4 * blocks.rows or channels.dtype.kind != "u"
            or channels.shape[0] != (groups + 1) * (4 // blocks.cols)):
        raise ValueError("sizes of packed weights do not fit the blocks")
    cdef int8_t* first = &weights[0] if groups else NULL
    with nogil:
        spmm_pack_weight(&blocks, &group_begin[0], first, &raw[0], wide)


def pack_panels(const uint8_t[:, :] x, uint8_t[::1] panels):
    """X u8 [channels, tokens], any strides, into ``panels`` (channels * panel_capacity bytes)."""
    cdef int64_t channels = x.shape[0], tokens = x.shape[1]
    if panels.shape[0] != channels * spbench_panel_capacity(tokens):
        raise ValueError("panels have the wrong size")
    if channels == 0 or tokens == 0:
        return
    with nogil:
        panels_from_u8(&x[0, 0], channels, tokens, x.strides[0], x.strides[1], &panels[0])


def unpack_bytes(const uint8_t[::1] panels, uint8_t[:, ::1] y):
    """Panels of one-byte elements into ``y`` [channels, tokens]."""
    if panels.shape[0] != y.shape[0] * spbench_panel_capacity(y.shape[1]):
        raise ValueError("panels have the wrong size")
    if panels.shape[0] == 0:
        return
    with nogil:
        panels_to_bytes(&panels[0], y.shape[0], y.shape[1], &y[0, 0])


def unpack_words(const uint32_t[::1] panels, uint32_t[:, ::1] y):
    """Panels of four-byte elements into ``y`` [channels, tokens]."""
    if panels.shape[0] != y.shape[0] * spbench_panel_capacity(y.shape[1]):
        raise ValueError("panels have the wrong size")
    if panels.shape[0] == 0:
        return
    with nogil:
        panels_to_words(&panels[0], y.shape[0], y.shape[1], &y[0, 0])


def split_rows(const int64_t[::1] group_begin, int64_t[::1] row_split):
    """Fill ``row_split`` [threads + 1]: block rows shared out by their groups and stores."""
    with nogil:
        spbench_split_rows(&group_begin[0], group_begin.shape[0] - 1, row_split.shape[0] - 1,
                           &row_split[0])


cdef spmm_kernel _select(block, int tokens, str isa, dict found):
    """The kernel of these tokens, null if there is none; its name goes into ``found``."""
    cdef const spmm_entry* entry = spmm_select(
        block[0], block[1] or SPMM_ALL_COLUMNS, tokens, spbench_cpu_features(), isa_names().index(isa))
    if entry == NULL:
        return NULL
    found[tokens] = entry.name.decode()
    return entry.kernel


cdef class SpmmCall:
    """One product with all its memory, ready to run any number of times.

    Arrays are kept alive by this object. ``function_address`` and
    ``context_address`` let compiled code run it without Python.
    """

    cdef spmm_problem problem
    cdef vector[spmm_pass] passes
    cdef int64_t[::1] row_split
    cdef object kept
    cdef readonly tuple kernels

    def __init__(self, *, int64_t m, int64_t k, int64_t n, block, const int64_t[::1] group_begin,
                 const int8_t[::1] weights, channels, const uint8_t[::1] x, uint8_t[::1] y,
                 str output, const float[::1] scale, const float[::1] bias,
                 int threads, str isa, int64_t[::1] row_split, str activation="none", fits=False,
                 const int32_t[::1] offset=None, const float[::1] token_scale=None,
                 const float[::1] residual=None, float output_scale=1.0, float output_bias=0.0,
                 const uint8_t[::1] table=None):
        cdef int64_t block_rows = -(-m // block[0])
        cdef const uint8_t[::1] raw_channels = channels.view("uint8")
        cdef int element = 4 if output in ("s32", "f32") else 1
        if m < 1 or k < 1 or n < 1 or threads < 1:
            raise ValueError("m, k, n and threads must be at least 1")
        if group_begin.shape[0] != block_rows + 1 or row_split.shape[0] != threads + 1:
            raise ValueError("packed weights do not fit m, or row_split does not fit threads")
        cdef int64_t groups = group_begin[block_rows]
        if (weights.shape[0] != groups * 4 * block[0]
                or channels.shape[0] != (groups // block_rows + 1 if block[1] is None
                                         else (groups + 1) * (4 // block[1]))):
            raise ValueError("packed weights or channels do not have group_begin's groups")
        if channels.dtype.kind != "u" or channels.dtype.itemsize not in (2, 4):
            raise ValueError("channels are u16 or u32")
        if x.shape[0] != k * spbench_panel_capacity(n):
            raise ValueError("x does not hold the panels of [k, n]")
        if y.shape[0] != m * spbench_panel_capacity(n) * element:
            raise ValueError("y does not hold the panels of [m, n]")
        cdef int line = spbench_panel_width(n, 0)
        if <uintptr_t>&x[0] % line or <uintptr_t>&y[0] % min(64, line * element):
            raise ValueError("x and y must start at a multiple of their lines' size, at most 64")
        if output != "s32" and (scale is None or bias is None
                                or scale.shape[0] != m or bias.shape[0] != m):
            raise ValueError("scale and bias need m elements")
        if offset is not None and offset.shape[0] != m:
            raise ValueError("offset needs m elements")
        if token_scale is not None and token_scale.shape[0] != spbench_panel_capacity(n):
            raise ValueError("token_scale needs an element for each token of the panels")
        if residual is not None and residual.shape[0] != m * spbench_panel_capacity(n):
            raise ValueError("residual does not hold the panels of [m, n]")
        if table is not None and (table.shape[0] != 256 or element != 1):
            raise ValueError("a table has 256 bytes and is for u8 and s8 output")

        self.kept = (group_begin, weights, channels, x, y, scale, bias, offset, token_scale,
                     residual, table)
        self.row_split = row_split
        self.problem.args.m = m
        self.problem.args.group_begin = &group_begin[0]
        self.problem.args.weights = &weights[0] if weights.shape[0] else NULL
        self.problem.args.channels = &raw_channels[0] if raw_channels.shape[0] else NULL
        self.problem.args.channels_are_wide = channels.dtype.itemsize == 4
        cdef spbench_epilogue* epilogue = &self.problem.args.epilogue
        epilogue.output = OUTPUTS[output]
        epilogue.activation = ACTIVATIONS[activation]
        epilogue.is_plain = (activation == "none" and offset is None and token_scale is None
                             and residual is None)
        epilogue.fits = bool(fits)
        epilogue.scale = &scale[0] if output != "s32" else NULL
        epilogue.bias = &bias[0] if output != "s32" else NULL
        epilogue.offset = &offset[0] if offset is not None else NULL
        epilogue.token_scale = &token_scale[0] if token_scale is not None else NULL
        epilogue.residual = &residual[0] if residual is not None else NULL
        epilogue.output_scale = output_scale
        epilogue.output_bias = output_bias
        self.problem.args.x = &x[0]
        self.problem.args.y = &y[0]
        self.problem.k = k
        self.problem.block_rows = block_rows
        self.problem.rows = block[0]
        self.problem.threads = threads
        split_rows(group_begin, row_split)
        self.problem.row_split = &row_split[0]

        found = {}
        cdef spmm_kernels kernels
        kernels.n64 = _select(block, 64, isa, found)
        kernels.n32 = _select(block, 32, isa, found)
        kernels.n16 = _select(block, 16, isa, found)
        kernels.n80 = _select(block, 80, isa, found)
        if not {64, 32, 16} <= found.keys():
            raise ValueError(f"no kernel for {block[0]}x{block[1]} blocks")
        self.passes.resize(n // 64 + 3)
        self.passes.resize(spmm_plan(n, &kernels, self.passes.data()))
        self.problem.passes = self.passes.size()
        self.problem.pass_ = self.passes.data()
        self.kernels = tuple(dict.fromkeys(found[step.tokens] for step in self.passes))
        cdef const lookup_entry* lookup
        if table is not None:
            lookup = lookup_select(spbench_cpu_features(), isa_names().index(isa))
            self.problem.lookup = lookup.kernel
            self.problem.lookup_table = &table[0]
            self.kernels += (lookup.name.decode(),)

    def run(self):
        """Multiply once. Raises RuntimeError if threads cannot be started."""
        cdef int status
        with nogil:
            status = spmm_run(&self.problem)
        if status != 0:
            raise RuntimeError(f"could not start {self.problem.threads} threads")

    @property
    def failed(self):
        """Whether a run through ``function_address`` could not start its threads."""
        return bool(self.problem.failed)

    @property
    def function_address(self):
        return <uintptr_t>&spmm_run_call

    @property
    def context_address(self):
        return <uintptr_t>&self.problem


cdef extern from "panels/from_tokens.h":
    struct panels_source:
        const uint8_t* x
        int64_t channels
        int64_t tokens
        int64_t token_stride
        uint8_t* panels
    void panels_from_tokens_call(void*) nogil


cdef class TokensToPanels:
    """X u8 [tokens, channels] into ``panels``, ready for compiled code, as :class:`SpmmCall` is.

    Both arrays are kept alive by this object.
    """

    cdef panels_source source
    cdef object kept

    def __init__(self, const uint8_t[:, ::1] x, uint8_t[::1] panels):
        cdef int64_t tokens = x.shape[0], channels = x.shape[1]
        if tokens < 1 or channels < 1:
            raise ValueError("x needs at least one token and one channel")
        if panels.shape[0] != channels * spbench_panel_capacity(tokens):
            raise ValueError("panels have the wrong size")
        self.kept = (x, panels)
        self.source = panels_source(&x[0, 0], channels, tokens, channels, &panels[0])

    @property
    def function_address(self):
        return <uintptr_t>&panels_from_tokens_call

    @property
    def context_address(self):
        return <uintptr_t>&self.source


include "spmv.pxi"
include "encoder_ops.pxi"
include "plan.pxi"
