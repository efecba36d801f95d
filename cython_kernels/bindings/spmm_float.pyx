# cython: language_level=3
"""Thin face of the SpMM kernels on floating point: checks dtypes and shapes, then one C call."""

from libc.math cimport INFINITY
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uintptr_t


cdef extern from "panels.h":
    int64_t spbench_panel_capacity(int64_t n) nogil
    int spbench_panel_width(int64_t n, int64_t start) nogil

cdef extern from "spmm_float.h":
    ctypedef enum spmm_float_type:
        SPMM_FLOAT_F32, SPMM_FLOAT_BF16
    struct spmm_float_args:
        int64_t m
        const int64_t* group_begin
        const void* weights
        const void* channels
        int channels_are_wide
        spmm_float_type output
        const float* bias
        float floor
        const void* x
        void* y
    ctypedef void (*spmm_float_kernel)(const spmm_float_args*, int64_t, int64_t)

cdef extern from "panels/float_convert.h":
    struct float_panels_source:
        const void* x
        int is_u8
        int64_t channels
        int64_t tokens
        int64_t channel_stride
        int64_t token_stride
        spmm_float_type type
        void* panels
    void float_panels_fill(const float_panels_source*) nogil
    void float_panels_fill_call(void*) nogil
    void float_panels_from_bf16(const uint16_t*, int64_t, int64_t, float*) nogil

cdef extern from "spmm_float/pack_weight.h":
    int spmm_float_group_channels(spmm_float_type type)
    void spmm_float_count_groups(spmm_float_type, const int64_t*, int64_t, int64_t*) nogil
    void spmm_float_pack_weight(spmm_float_type, const int64_t*, const int32_t*, const float*,
                                int64_t, int, const int64_t*, void*, void*, int) nogil

cdef extern from "dispatch/cpu_features.h":
    uint32_t spbench_cpu_features()
    const char* spbench_feature_name(int index)
    const char* spbench_isa_name(int isa)

cdef extern from "dispatch/spmm_float_table.h":
    struct spmm_float_entry:
        const char* name
        spmm_float_type type
        int block_rows
        int panel_width
        int isa
        uint32_t features
        spmm_float_kernel kernel
    int spmm_float_table_size()
    const spmm_float_entry* spmm_float_table_entry(int index)
    const spmm_float_entry* spmm_float_select(spmm_float_type, int, int, uint32_t, int)

cdef extern from "runtime/split_rows.h":
    void spbench_split_rows(const int64_t*, int64_t, int, int64_t*) nogil

cdef extern from "runtime/spmm_float_run.h":
    struct spmm_float_problem:
        spmm_float_args args
        spmm_float_type type
        int64_t k
        int64_t n
        spmm_float_kernel kernel_n64
        spmm_float_kernel kernel_n32
        spmm_float_kernel kernel_n16
        int threads
        const int64_t* row_split
        int failed
    int spmm_float_run(const spmm_float_problem*) nogil
    void spmm_float_run_call(void*) nogil


TYPES = {"f32": SPMM_FLOAT_F32, "bf16": SPMM_FLOAT_BF16}
ITEM_BYTES = {"f32": 4, "bf16": 2}


cdef list _feature_names(uint32_t bits):
    cdef list names = []
    cdef int index = 0
    while spbench_feature_name(index) != NULL:
        if bits >> index & 1:
            names.append(spbench_feature_name(index).decode())
        index += 1
    return names


cdef int _level(str isa) except -1:
    cdef int level = 0
    while spbench_isa_name(level) != NULL:
        if spbench_isa_name(level).decode() == isa:
            return level
        level += 1
    raise ValueError(f"unknown ISA {isa}")


def kernel_table():
    """Every kernel compiled in, as dicts; ``usable``: this CPU has its feature bits."""
    cdef uint32_t features = spbench_cpu_features()
    cdef const spmm_float_entry* entry
    names = {number: name for name, number in TYPES.items()}
    table = []
    for index in range(spmm_float_table_size()):
        entry = spmm_float_table_entry(index)
        table.append({
            "name": entry.name.decode(),
            "dtype": names[entry.type],
            "block": (entry.block_rows, 1),
            "panel_width": entry.panel_width,
            "isa": spbench_isa_name(entry.isa).decode(),
            "features": _feature_names(entry.features),
            "usable": entry.features & ~features == 0,
        })
    return table


def group_channels(str dtype):
    """Channels in a group of packed weights: 1 for f32, 2 for bf16."""
    return spmm_float_group_channels(TYPES[dtype])


def count_groups(str dtype, const int64_t[::1] indptr, int64_t[::1] group_begin):
    """Fill ``group_begin`` [block_rows + 1] from ``indptr`` [block_rows + 1]."""
    cdef spmm_float_type type = TYPES[dtype]
    if group_begin.shape[0] != indptr.shape[0] or indptr.shape[0] < 1:
        raise ValueError("indptr and group_begin need block_rows + 1 elements each")
    with nogil:
        spmm_float_count_groups(type, &indptr[0], indptr.shape[0] - 1, &group_begin[0])


def pack_weight(str dtype, const int64_t[::1] indptr, const int32_t[::1] indices,
                const float[:, ::1] data, const int64_t[::1] group_begin, uint8_t[::1] weights,
                channels):
    """Pack blocks R x 1, ``data`` f32 [blocks, R], into groups.

    ``weights`` is bytes, ``channels`` u16 or u32.
    """
    cdef spmm_float_type type = TYPES[dtype]
    cdef int64_t block_rows = indptr.shape[0] - 1
    cdef int rows = data.shape[1]
    cdef int wide = channels.dtype.itemsize == 4
    cdef uint8_t[::1] raw = channels.view("uint8")
    cdef int64_t slots = group_begin[block_rows] * spmm_float_group_channels(type)
    if (group_begin.shape[0] != block_rows + 1 or indices.shape[0] != data.shape[0]
            or indptr[block_rows] != indices.shape[0]
            or weights.shape[0] != slots * rows * ITEM_BYTES[dtype]
            or channels.dtype.kind != "u" or channels.shape[0] != slots):
        raise ValueError("sizes of packed weights do not fit the blocks")
    if slots == 0:
        return
    with nogil:
        spmm_float_pack_weight(type, &indptr[0], &indices[0], &data[0, 0], block_rows, rows,
                               &group_begin[0], &weights[0], &raw[0], wide)


cdef class ToPanels:
    """X [channels, tokens], f32 or u8 and of any strides, into ``panels`` of f32 or bf16.

    ``panels`` is bytes. Both arrays are kept alive by this object. ``function_address`` and
    ``context_address`` let compiled code run it without Python.
    """

    cdef float_panels_source source
    cdef object kept

    def __init__(self, x, str dtype, uint8_t[::1] panels):
        if x.ndim != 2 or 0 in x.shape or x.dtype.name not in ("float32", "uint8"):
            raise ValueError("x is f32 or u8 [channels, tokens], both at least 1")
        if any(stride % x.itemsize for stride in x.strides):
            raise ValueError("x has strides that are not whole elements")
        cdef int64_t capacity = spbench_panel_capacity(x.shape[1])
        if panels.shape[0] != x.shape[0] * capacity * ITEM_BYTES[dtype]:
            raise ValueError("panels have the wrong size")
        cdef uintptr_t start = x.__array_interface__["data"][0]
        self.kept = (x, panels)
        self.source.x = <const void*>start
        self.source.is_u8 = x.dtype.name == "uint8"
        self.source.channels, self.source.tokens = x.shape
        self.source.channel_stride, self.source.token_stride = (
            stride // x.itemsize for stride in x.strides)
        self.source.type = TYPES[dtype]
        self.source.panels = &panels[0]

    def run(self):
        """Convert once."""
        with nogil:
            float_panels_fill(&self.source)

    @property
    def function_address(self):
        return <uintptr_t>&float_panels_fill_call

    @property
    def context_address(self):
        return <uintptr_t>&self.source


def unpack_bf16(const uint16_t[::1] panels, float[:, ::1] y):
    """Panels of bf16 into ``y`` f32 [channels, tokens]."""
    if panels.shape[0] != y.shape[0] * spbench_panel_capacity(y.shape[1]):
        raise ValueError("panels have the wrong size")
    if panels.shape[0] == 0:
        return
    with nogil:
        float_panels_from_bf16(&panels[0], y.shape[0], y.shape[1], &y[0, 0])


cdef spmm_float_kernel _select(str dtype, int rows, int width, str isa, dict found) except *:
    """The kernel of this width; its name goes into ``found``."""
    cdef const spmm_float_entry* entry = spmm_float_select(
        TYPES[dtype], rows, width, spbench_cpu_features(), _level(isa))
    if entry == NULL:
        raise ValueError(f"no {dtype} kernel for {rows}x1 blocks")
    found[width] = entry.name.decode()
    return entry.kernel


cdef class SpmmFloatCall:
    """One product with all its memory, ready to run any number of times.

    Arrays are kept alive by this object; ``weights``, ``x`` and ``y`` are bytes.
    ``function_address`` and ``context_address`` let compiled code run it without Python.
    """

    cdef spmm_float_problem problem
    cdef int64_t[::1] row_split
    cdef object kept
    cdef readonly tuple kernels

    def __init__(self, *, str dtype, int64_t m, int64_t k, int64_t n, int rows,
                 const int64_t[::1] group_begin, const uint8_t[::1] weights, channels,
                 const uint8_t[::1] x, uint8_t[::1] y, str output, const float[::1] bias,
                 bint relu, int threads, str isa, int64_t[::1] row_split):
        if m < 1 or k < 1 or n < 1 or rows < 1 or threads < 1:
            raise ValueError("m, k, n, rows and threads must be at least 1")
        if dtype not in TYPES or output not in TYPES or (output, dtype) == ("bf16", "f32"):
            raise ValueError(f"there is no {output} output of a {dtype} product")
        cdef int64_t block_rows = -(-m // rows)
        cdef const uint8_t[::1] raw_channels = channels.view("uint8")
        if group_begin.shape[0] != block_rows + 1 or row_split.shape[0] != threads + 1:
            raise ValueError("packed weights do not fit m, or row_split does not fit threads")
        cdef int64_t slots = group_begin[block_rows] * group_channels(dtype)
        cdef int item = ITEM_BYTES[dtype], y_item = ITEM_BYTES[output]
        if weights.shape[0] != slots * rows * item or channels.shape[0] != slots:
            raise ValueError("packed weights or channels do not have group_begin's groups")
        if channels.dtype.kind != "u" or channels.dtype.itemsize not in (2, 4):
            raise ValueError("channels are u16 or u32")
        if x.shape[0] != k * spbench_panel_capacity(n) * item:
            raise ValueError("x does not hold the panels of [k, n]")
        if y.shape[0] != m * spbench_panel_capacity(n) * y_item:
            raise ValueError("y does not hold the panels of [m, n]")
        cdef int line = spbench_panel_width(n, 0)
        if (<uintptr_t>&x[0] % min(64, line * item)
                or <uintptr_t>&y[0] % min(64, line * y_item)):
            raise ValueError("x and y must start at a multiple of their lines' size, at most 64")
        if slots and <uintptr_t>&weights[0] % 4:
            raise ValueError("weights must start at a multiple of 4 bytes")
        if bias.shape[0] != m:
            raise ValueError("bias needs m elements")

        self.kept = (group_begin, weights, channels, x, y, bias)
        self.row_split = row_split
        self.problem.args.m = m
        self.problem.args.group_begin = &group_begin[0]
        self.problem.args.weights = &weights[0] if slots else NULL
        self.problem.args.channels = &raw_channels[0] if slots else NULL
        self.problem.args.channels_are_wide = channels.dtype.itemsize == 4
        self.problem.args.output = TYPES[output]
        self.problem.args.bias = &bias[0]
        self.problem.args.floor = 0.0 if relu else -INFINITY
        self.problem.args.x = &x[0]
        self.problem.args.y = &y[0]
        self.problem.type = TYPES[dtype]
        self.problem.k = k
        self.problem.n = n
        self.problem.threads = threads
        spbench_split_rows(&group_begin[0], block_rows, threads, &row_split[0])
        self.problem.row_split = &row_split[0]

        found = {}
        self.problem.kernel_n64 = _select(dtype, rows, 64, isa, found)
        self.problem.kernel_n32 = _select(dtype, rows, 32, isa, found)
        self.problem.kernel_n16 = _select(dtype, rows, 16, isa, found)
        widths = []
        while sum(widths) < n:
            widths.append(spbench_panel_width(n, sum(widths)))
        self.kernels = tuple(found[width] for width in dict.fromkeys(widths))

    def run(self):
        """Multiply once. Raises RuntimeError if threads cannot be started."""
        cdef int status
        with nogil:
            status = spmm_float_run(&self.problem)
        if status != 0:
            raise RuntimeError(f"could not start {self.problem.threads} threads")

    @property
    def failed(self):
        """Whether a run through ``function_address`` could not start its threads."""
        return bool(self.problem.failed)

    @property
    def function_address(self):
        return <uintptr_t>&spmm_float_run_call

    @property
    def context_address(self):
        return <uintptr_t>&self.problem
