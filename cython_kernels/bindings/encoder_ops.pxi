# Thin face of the kernels of attention/, norm/ and embedding/, included by spmm.pyx.

cdef extern from "attention.h":
    struct attention_args:
        int64_t tokens
        const int8_t* qkv
        int64_t qkv_channels
        int64_t q
        int64_t k
        int64_t v
        int64_t head_size
        uint8_t* y
        int64_t y_channels
        int64_t y_begin
        float score_scale
        float output_scale
        float output_bias
        void* scratch
        const float* scale
        int64_t heads
        float* y_float
    int64_t spbench_attention_scratch(int64_t, int64_t) nogil
    ctypedef void (*attention_kernel)(const attention_args*, int64_t, int64_t, int64_t, int64_t,
                                      int64_t, int64_t) nogil

cdef extern from "norm.h":
    struct norm_args:
        int64_t channels
        int width
        float epsilon
        const float* gamma
        const float* beta
        float* x
        uint8_t* q
        float q_scale
        float q_bias
    ctypedef void (*norm_kernel)(const norm_args*, int, int) nogil

cdef extern from "quantize.h":
    struct quantize_args:
        int64_t parts
        int64_t channels
        int width
        int is_signed
        const float* x
        uint8_t* q
        float* scale
    ctypedef void (*quantize_kernel)(const quantize_args*, int, int) nogil

cdef extern from "embedding.h":
    struct embedding_args:
        int64_t channels
        const float* word
        const float* position
        const float* type_ "type"
        const int32_t* id_ "id"
        const int32_t* position_of
        const int32_t* type_of
        float* x
        int64_t width
    struct rows_args:
        int64_t channels
        const float* x
        int64_t width
        float** row
        int count
    ctypedef void (*embedding_kernel)(const embedding_args*) nogil
    ctypedef void (*rows_kernel)(const rows_args*) nogil

cdef extern from "dispatch/encoder_table.h":
    struct encoder_kernels:
        attention_kernel attention
        norm_kernel norm
        quantize_kernel quantize
        embedding_kernel embedding
        rows_kernel rows
        const char* attention_name
        const char* norm_name
        const char* quantize_name
        const char* embedding_name
        const char* rows_name
    struct encoder_entry:
        const char* name
        int isa
        uint32_t features
    int encoder_table_size()
    const encoder_entry* encoder_table_entry(int index)
    encoder_kernels encoder_select(uint32_t, int)


def encoder_kernel_table():
    """Every kernel of attention/, embedding/ and norm/, as dicts, like :func:`kernel_table`."""
    cdef uint32_t features = spbench_cpu_features()
    cdef const encoder_entry* entry
    table = []
    for index in range(encoder_table_size()):
        entry = encoder_table_entry(index)
        table.append({
            "name": entry.name.decode(),
            "isa": spbench_isa_name(entry.isa).decode(),
            "features": _names(entry.features),
            "usable": entry.features & ~features == 0,
        })
    return table


def attention_scratch(int64_t length, int64_t head_size):
    """Bytes of scratch for sequences of at most ``length`` tokens."""
    return spbench_attention_scratch(length, head_size)


def attention(str isa, const int8_t[::1] qkv, int64_t tokens, int64_t hidden, int64_t heads,
              const int64_t[::1] begin, float score_scale, float output_scale, float output_bias,
              y, uint8_t[::1] scratch, const float[::1] token_scale=None):
    """Self-attention of all sequences, on panels: qkv [3 * hidden, tokens], y [hidden, tokens].

    ``begin`` [sequences + 1] holds the first token of each sequence. y is u8; f32 with
    ``token_scale``, panels [3 * heads, tokens].
    """
    cdef uint8_t[::1] y_bytes = None if token_scale is not None else y
    cdef float[::1] y_float = y if token_scale is not None else None
    cdef int64_t capacity = spbench_panel_capacity(tokens), i, longest = 0
    cdef encoder_kernels kernels = encoder_select(spbench_cpu_features(), isa_names().index(isa))
    for i in range(begin.shape[0] - 1):
        if not 0 <= begin[i] < begin[i + 1] <= tokens:
            raise ValueError("begin does not hold ascending tokens")
        longest = max(longest, begin[i + 1] - begin[i])
    if hidden % heads or hidden // heads % 4:
        raise ValueError("the head size must be a multiple of 4")
    if (qkv.shape[0] != 3 * hidden * capacity or <int64_t>len(y) != hidden * capacity
            or (token_scale is not None and token_scale.shape[0] != 3 * heads * capacity)
            or scratch.shape[0] < spbench_attention_scratch(longest, hidden // heads)):
        raise ValueError("qkv, y or scratch has the wrong size")
    cdef attention_args args
    args.tokens = tokens
    args.qkv = &qkv[0]
    args.qkv_channels = 3 * hidden
    args.q, args.k, args.v = 0, hidden, 2 * hidden
    args.head_size = hidden // heads
    args.y = &y_bytes[0] if y_bytes is not None else NULL
    args.y_float = &y_float[0] if y_float is not None else NULL
    args.scale = &token_scale[0] if token_scale is not None else NULL
    args.heads = heads
    args.y_channels = hidden
    args.y_begin = 0
    args.score_scale, args.output_scale, args.output_bias = score_scale, output_scale, output_bias
    args.scratch = &scratch[0]
    with nogil:
        for i in range(begin.shape[0] - 1):
            kernels.attention(&args, begin[i], begin[i + 1], 0, capacity, 0, heads)


def layer_norm(str isa, float[::1] x, const float[::1] gamma, const float[::1] beta, int width,
               float epsilon, uint8_t[::1] q, float q_scale, float q_bias, int first, int count):
    """LayerNorm of registers ``first`` .. of one panel, f32 [channels, width] in place."""
    cdef norm_args args
    cdef encoder_kernels kernels = encoder_select(spbench_cpu_features(), isa_names().index(isa))
    args.channels = gamma.shape[0]
    if (width not in (16, 32, 64) or x.shape[0] != args.channels * width
            or beta.shape[0] != args.channels or first < 0 or count < 1
            or 16 * (first + count) > width
            or (q is not None and q.shape[0] != x.shape[0])):
        raise ValueError("x, gamma, beta, q and the registers do not fit each other")
    args.width = width
    args.epsilon = epsilon
    args.gamma, args.beta, args.x = &gamma[0], &beta[0], &x[0]
    args.q = &q[0] if q is not None else NULL
    args.q_scale, args.q_bias = q_scale, q_bias
    with nogil:
        kernels.norm(&args, first, count)


def quantize_tokens(str isa, const float[::1] x, int width, uint8_t[::1] q, float[::1] scale,
                    bint is_signed, int first, int count):
    """Registers ``first`` .. of one panel, f32 [parts, channels, width], as bytes, with scales
    [parts, width] of each token's parts."""
    cdef quantize_args args
    cdef encoder_kernels kernels = encoder_select(spbench_cpu_features(), isa_names().index(isa))
    if (width not in (16, 32, 64) or x.shape[0] % width or q.shape[0] != x.shape[0]
            or scale.shape[0] < width or x.shape[0] % scale.shape[0]
            or scale.shape[0] % width or first < 0 or count < 1 or 16 * (first + count) > width):
        raise ValueError("x, q, scale and the registers do not fit each other")
    args.parts, args.channels = scale.shape[0] // width, x.shape[0] // scale.shape[0]
    args.width, args.is_signed = width, is_signed
    args.x, args.q, args.scale = &x[0], &q[0], &scale[0]
    with nogil:
        kernels.quantize(&args, first, count)


def embed(str isa, const float[:, ::1] word, const float[:, ::1] position,
          const float[:, ::1] types, const int32_t[::1] ids, const int32_t[::1] positions,
          const int32_t[::1] type_ids, float[:, ::1] x, int64_t first):
    """Sums of embeddings of 16 tokens into columns ``first`` .. of ``x``, f32 [channels, width]."""
    cdef embedding_args args
    cdef encoder_kernels kernels = encoder_select(spbench_cpu_features(), isa_names().index(isa))
    if (ids.shape[0] != 16 or positions.shape[0] != 16 or type_ids.shape[0] != 16
            or x.shape[0] != word.shape[1] or position.shape[1] != word.shape[1]
            or first % 16 or first < 0 or first + 16 > x.shape[1]):
        raise ValueError("tables, ids and x do not fit each other")
    args.channels = word.shape[1]
    args.word, args.position = &word[0, 0], &position[0, 0]
    args.type_ = &types[0, 0] if types is not None else NULL
    args.id_, args.position_of, args.type_of = &ids[0], &positions[0], &type_ids[0]
    args.x, args.width = &x[0, first], x.shape[1]
    with nogil:
        kernels.embedding(&args)


def to_rows(str isa, const float[:, ::1] x, int64_t first, float[:, ::1] rows):
    """Columns ``first`` .. of one panel, f32 [channels, width], as ``rows`` [1 .. 16, channels]."""
    cdef rows_args args
    cdef float* row[16]
    cdef encoder_kernels kernels = encoder_select(spbench_cpu_features(), isa_names().index(isa))
    if (not 1 <= rows.shape[0] <= 16 or rows.shape[1] != x.shape[0] or first % 16 or first < 0
            or first + 16 > x.shape[1]):
        raise ValueError("rows do not fit x")
    for i in range(rows.shape[0]):
        row[i] = &rows[i, 0]
    args.channels, args.x, args.width = x.shape[0], &x[0, first], x.shape[1]
    args.row, args.count = row, rows.shape[0]
    with nogil:
        kernels.rows(&args)
