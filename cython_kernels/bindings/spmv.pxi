# Thin face of the SpMV kernels (a few tokens), included by spmm.pyx: both share the thread team.

cdef extern from "spmv.h":
    enum:
        SPMV_CHUNK_ROWS, SPMV_SLICES, SPMV_TILE, SPMV_GROUP, SPMV_SLACK
    struct spmv_args:
        int64_t m
        int64_t tiles
        int64_t tokens
        const uint8_t* order
        const uint8_t* groups
        const int64_t* group_begin
        const uint8_t* channels
        const int8_t* weights
        spbench_output output
        const float* scale
        const float* bias
        const uint8_t* x
        void* y
    ctypedef void (*spmv_kernel)(const spmv_args*, int64_t, int64_t)

cdef extern from "spmv/pack_weight.h":
    void spmv_count_groups(const int64_t*, const int32_t*, int64_t, int64_t, uint8_t*, uint8_t*,
                           int64_t*) nogil
    void spmv_pack_weight(const int64_t*, const int32_t*, const int8_t*, int64_t, int, int64_t,
                          const uint8_t*, const uint8_t*, const int64_t*, uint8_t*,
                          int8_t*) nogil

cdef extern from "dispatch/spmv_table.h":
    struct spmv_entry:
        const char* name
        int block_rows
        int isa
        uint32_t features
        spmv_kernel kernel
    int spmv_table_size()
    const spmv_entry* spmv_table_entry(int index)
    const spmv_entry* spmv_select(int, uint32_t, int)

cdef extern from "runtime/spmv_run.h":
    struct spmv_problem:
        spmv_args args
        spmv_kernel kernel
        int threads
        const int64_t* chunk_split
        int failed
    void spmv_split_chunks(const int64_t*, int64_t, int64_t, int, int64_t*) nogil
    int spmv_run(const spmv_problem*) nogil
    void spmv_run_call(void*) nogil


def spmv_kernel_table():
    """Every SpMV kernel compiled in, as dicts like those of :func:`kernel_table`."""
    cdef uint32_t features = spbench_cpu_features()
    cdef const spmv_entry* entry
    table = []
    for index in range(spmv_table_size()):
        entry = spmv_table_entry(index)
        table.append({
            "name": entry.name.decode(),
            "block": (entry.block_rows, 1),
            "panel_width": 1,
            "isa": spbench_isa_name(entry.isa).decode(),
            "features": _names(entry.features),
            "usable": entry.features & ~features == 0,
        })
    return table


def spmv_sizes(int64_t m, int64_t k, int block_rows):
    """(chunks, tiles) of W [m, k] in blocks block_rows x 1; a place is one tile of one chunk."""
    return -(-m // (block_rows * SPMV_CHUNK_ROWS)), -(-k // SPMV_TILE)


SPMV_PLACE_ROWS = SPMV_CHUNK_ROWS
SPMV_PLACE_SLICES = SPMV_SLICES
SPMV_TILE_CHANNELS = SPMV_TILE
SPMV_GROUP_BLOCKS = SPMV_GROUP
SPMV_SLACK_BYTES = SPMV_SLACK


cdef bint _places_fit(int64_t places, const uint8_t[::1] order, const uint8_t[::1] groups,
                      const int64_t[::1] group_begin):
    return (order.shape[0] == places * SPMV_CHUNK_ROWS
            and groups.shape[0] == places * SPMV_SLICES
            and group_begin.shape[0] == places + 1)


cdef bint _groups_fit(int64_t groups, int block_rows, const uint8_t[::1] channels,
                      const int8_t[::1] weights):
    return (channels.shape[0] == groups * SPMV_GROUP + SPMV_SLACK
            and weights.shape[0] == groups * SPMV_GROUP * block_rows)


def spmv_count(const int64_t[::1] indptr, const int32_t[::1] indices, int64_t tiles,
               uint8_t[::1] order, uint8_t[::1] groups, int64_t[::1] group_begin):
    """Fill order [places * 64], groups [places * 16] and group_begin [places + 1]."""
    cdef int64_t block_rows = indptr.shape[0] - 1
    cdef int64_t places = -(-block_rows // SPMV_CHUNK_ROWS) * tiles
    cdef const int32_t* first = &indices[0] if indices.shape[0] else NULL
    if (not _places_fit(places, order, groups, group_begin)
            or indptr[block_rows] != indices.shape[0]):
        raise ValueError("sizes do not fit the blocks")
    with nogil:
        spmv_count_groups(&indptr[0], first, block_rows, tiles, &order[0], &groups[0],
                          &group_begin[0])


def spmv_pack(const int64_t[::1] indptr, const int32_t[::1] indices, const int8_t[:, ::1] data,
              int64_t tiles, const uint8_t[::1] order, const uint8_t[::1] groups,
              const int64_t[::1] group_begin, uint8_t[::1] channels, int8_t[::1] weights):
    """Fill channels [groups * 16 + slack] and weights [groups * 16 R] from blocks R x 1."""
    cdef int64_t block_rows = indptr.shape[0] - 1
    cdef int rows = data.shape[1]
    cdef int64_t total = group_begin[group_begin.shape[0] - 1]
    if data.shape[0] != indices.shape[0] or not _groups_fit(total, rows, channels, weights):
        raise ValueError("sizes of packed weights do not fit the blocks")
    cdef const int32_t* first = &indices[0] if indices.shape[0] else NULL
    cdef const int8_t* values = &data[0, 0] if indices.shape[0] else NULL
    cdef int8_t* packed = &weights[0] if total else NULL
    with nogil:
        spmv_pack_weight(&indptr[0], first, values, block_rows, rows, tiles, &order[0],
                         &groups[0], &group_begin[0], &channels[0], packed)


cdef class SpmvCall:
    """One product with a few tokens and all its memory, as :class:`SpmmCall`."""

    cdef spmv_problem problem
    cdef int64_t[::1] chunk_split
    cdef object kept
    cdef readonly tuple kernels

    def __init__(self, *, int64_t m, int64_t k, int64_t tokens, int block_rows,
                 const uint8_t[::1] order, const uint8_t[::1] groups,
                 const int64_t[::1] group_begin, const uint8_t[::1] channels,
                 const int8_t[::1] weights, const uint8_t[::1] x, uint8_t[::1] y, str output,
                 const float[::1] scale, const float[::1] bias, int threads, str isa,
                 int64_t[::1] chunk_split):
        if m < 1 or k < 1 or tokens < 1 or block_rows < 1 or threads < 1:
            raise ValueError("m, k, tokens, block_rows and threads must be at least 1")
        cdef int64_t chunks, tiles
        chunks, tiles = spmv_sizes(m, k, block_rows)
        cdef int64_t places = chunks * tiles
        cdef int element = 4 if output in ("s32", "f32") else 1
        if (not _places_fit(places, order, groups, group_begin)
                or chunk_split.shape[0] != threads + 1):
            raise ValueError("packed weights do not fit m and k, or chunk_split not threads")
        cdef int64_t total = group_begin[places]
        if not _groups_fit(total, block_rows, channels, weights):
            raise ValueError("packed weights or channels do not have group_begin's groups")
        if x.shape[0] != tokens * tiles * SPMV_TILE:
            raise ValueError("x must be padded to whole tiles")
        if y.shape[0] != tokens * m * element:
            raise ValueError("y must hold tokens x m elements")
        if total and <uintptr_t>&weights[0] % 64:
            raise ValueError("weights must start at a multiple of 64 bytes")
        if output != "s32" and (scale is None or bias is None
                                or scale.shape[0] != m or bias.shape[0] != m):
            raise ValueError("scale and bias need m elements")
        cdef const spmv_entry* entry = spmv_select(block_rows, spbench_cpu_features(),
                                                   isa_names().index(isa))
        if entry == NULL:
            raise ValueError(f"no kernel for a few tokens and {block_rows}x1 blocks")

        self.kept = (order, groups, group_begin, channels, weights, x, y, scale, bias)
        self.chunk_split = chunk_split
        self.problem.args.m = m
        self.problem.args.tiles = tiles
        self.problem.args.tokens = tokens
        self.problem.args.order = &order[0]
        self.problem.args.groups = &groups[0]
        self.problem.args.group_begin = &group_begin[0]
        self.problem.args.channels = &channels[0]
        self.problem.args.weights = &weights[0] if total else NULL
        self.problem.args.output = OUTPUTS[output]
        self.problem.args.scale = &scale[0] if output != "s32" else NULL
        self.problem.args.bias = &bias[0] if output != "s32" else NULL
        self.problem.args.x = &x[0]
        self.problem.args.y = &y[0]
        self.problem.threads = threads
        spmv_split_chunks(&group_begin[0], chunks, tiles, threads, &chunk_split[0])
        self.problem.chunk_split = &chunk_split[0]
        self.problem.kernel = entry.kernel
        self.kernels = (entry.name.decode(),)

    def run(self):
        """Multiply once. Raises RuntimeError if threads cannot be started."""
        cdef int status
        with nogil:
            status = spmv_run(&self.problem)
        if status != 0:
            raise RuntimeError(f"could not start {self.problem.threads} threads")

    @property
    def failed(self):
        """Whether a run through ``function_address`` could not start its threads."""
        return bool(self.problem.failed)

    @property
    def function_address(self):
        return <uintptr_t>&spmv_run_call

    @property
    def context_address(self):
        return <uintptr_t>&self.problem
