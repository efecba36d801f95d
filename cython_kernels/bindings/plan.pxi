# Thin face of the plan interpreter, included by spmm.pyx: both share the thread team.

cdef extern from "runtime/plan.h":
    ctypedef enum plan_kind:
        PLAN_EMBEDDING, PLAN_NORM, PLAN_QUANTIZE, PLAN_LINEAR, PLAN_ATTENTION, PLAN_ROWS
    enum:
        PLAN_NO_BUFFER, PLAN_MOST_GROUP
    struct plan_buffer:
        void* memory
        int64_t channels
        int element
        int64_t group_bytes
    struct plan_linear:
        spmm_problem problem
        spmm_kernels kernels
    struct plan_attention:
        int64_t heads
        int64_t head_size
        int64_t q
        int64_t k
        int64_t v
        float score_scale
        float output_scale
        float output_bias
    struct plan_op:
        plan_kind kind
        int x
        int y
        int residual
        int scale
        int is_signed
        int ends_stage
        int64_t output
        plan_linear linear
        plan_attention attention
        norm_args norm
        embedding_args embedding
    struct plan:
        const plan_op* op
        int64_t ops
        const plan_buffer* buffer_ "buffer"
        encoder_kernels kernels
        int threads
        int64_t group_tokens
        uint8_t* scratch
        int64_t scratch_bytes
        int64_t* time_ns
    struct plan_batch:
        int64_t tokens
        int64_t sequences
        const int64_t* begin
        const int32_t* id_ "id"
        const int32_t* position
        const int32_t* type_ "type"
        float** row
    int plan_run(const plan*, const plan_batch*) nogil


cdef class Plan:
    """A list of ops and their memory (runtime/plan.h), built by calls, then run as one.

    Buffers are numbers that :meth:`add_buffer` returns; -1 stands for none. Arrays are kept alive
    by this object. Not safe for two Python threads at the same time. ``names`` holds every op's,
    ``kernels`` the names of what runs it: that for whole panels first.
    """

    cdef vector[plan_op] ops
    cdef vector[plan_buffer] buffers
    cdef vector[float*] rows
    cdef plan model
    cdef plan_batch batch
    cdef list kept
    cdef str isa
    cdef int64_t group_tokens, capacity, longest, vocabulary, positions, types, channels, outputs
    cdef readonly list names, kernels

    def __init__(self, *, int threads, int64_t group_tokens, int64_t capacity, int64_t longest,
                 int64_t head_size, str isa, uint8_t[::1] scratch):
        """``scratch`` [threads * attention_scratch(longest, head_size) rounded up to 64]."""
        cdef int64_t each = (spbench_attention_scratch(longest, head_size) + 63) // 64 * 64
        if threads < 1 or group_tokens % 64 or not 0 < group_tokens <= PLAN_MOST_GROUP:
            raise ValueError("threads or group_tokens out of range")
        if scratch.shape[0] < threads * each:
            raise ValueError("scratch is too small")
        self.kept = [scratch]
        self.names, self.kernels = [], []
        self.isa = isa
        self.group_tokens, self.capacity, self.longest = group_tokens, capacity, longest
        self.model.kernels = encoder_select(spbench_cpu_features(), isa_names().index(isa))
        self.model.threads = threads
        self.model.group_tokens = group_tokens
        self.model.scratch = &scratch[0]
        self.model.scratch_bytes = each

    def add_buffer(self, uint8_t[::1] memory, int64_t channels, int element, int64_t group_bytes):
        """Panels of ``channels``: of all tokens, or of a group for each thread."""
        cdef plan_buffer added
        cdef int64_t tokens = self.group_tokens + 48 if group_bytes else self.capacity
        cdef int64_t each = channels * element * tokens
        if (memory.shape[0] < (self.model.threads * group_bytes if group_bytes else each)
                or (group_bytes and group_bytes < each) or group_bytes % 64
                or <uintptr_t>&memory[0] % 64):
            raise ValueError("memory does not hold the panels")
        added.memory = &memory[0]
        added.channels, added.element, added.group_bytes = channels, element, group_bytes
        self.kept.append(memory)
        self.buffers.push_back(added)
        return self.buffers.size() - 1

    cdef plan_op* _add(self, str name, plan_kind kind, int x, int y, int residual,
                       const char* kernel) except NULL:
        for buffer in (x, y, residual):
            if not PLAN_NO_BUFFER <= buffer < <int>self.buffers.size():
                raise ValueError(f"{name}: no buffer {buffer}")
        self.ops.resize(self.ops.size() + 1)  # all zero
        cdef plan_op* op = &self.ops.back()
        op.kind, op.x, op.y, op.residual = kind, x, y, residual
        op.scale = PLAN_NO_BUFFER
        self.names.append(name)
        self.kernels.append(() if kernel == NULL else (kernel.decode(),))
        return op

    def add_embedding(self, str name, const float[:, ::1] word, const float[:, ::1] position,
                      const float[:, ::1] types, int y):
        """Sums of embeddings into the f32 buffer ``y``."""
        cdef plan_op* op = self._add(name, PLAN_EMBEDDING, PLAN_NO_BUFFER, y, PLAN_NO_BUFFER,
                                    self.model.kernels.embedding_name)
        op.embedding.channels = word.shape[1]
        op.embedding.word, op.embedding.position = &word[0, 0], &position[0, 0]
        op.embedding.type_ = &types[0, 0] if types is not None else NULL
        self.vocabulary, self.positions = word.shape[0], position.shape[0]
        self.types = types.shape[0] if types is not None else 1
        self.kept.append((word, position, types))

    def add_norm(self, str name, const float[::1] gamma, const float[::1] beta, float epsilon,
                 int x, int y, float q_scale, float q_bias):
        """LayerNorm of the f32 buffer ``x`` in place, quantised into ``y``, which may be -1."""
        cdef plan_op* op = self._add(name, PLAN_NORM, x, y, PLAN_NO_BUFFER,
                                    self.model.kernels.norm_name)
        op.norm.channels, op.norm.epsilon = gamma.shape[0], epsilon
        op.norm.gamma, op.norm.beta = &gamma[0], &beta[0]
        op.norm.q_scale, op.norm.q_bias = q_scale, q_bias
        self.kept.append((gamma, beta))

    def add_linear(self, str name, int x, int y, int residual, *, int64_t m, int64_t k, block,
                   const int64_t[::1] group_begin, const int8_t[::1] weights, channels,
                   str output, const float[::1] scale, const float[::1] bias,
                   str activation="none", fits=False, float output_scale=1.0,
                   float output_bias=0.0, const uint8_t[::1] table=None, int token_scale=-1,
                   const int32_t[::1] offset=None):
        """A product of the byte buffer ``x`` into ``y``; operands as those of :class:`SpmmCall`,
        but ``token_scale`` a buffer of one channel."""
        cdef int64_t block_rows = -(-m // block[0])
        cdef const uint8_t[::1] raw_channels = channels.view("uint8")
        if group_begin.shape[0] != block_rows + 1 or scale.shape[0] != m or bias.shape[0] != m:
            raise ValueError(f"{name}: packed weights, scale or bias do not fit m")
        cdef plan_op* op = self._add(name, PLAN_LINEAR, x, y, residual, NULL)
        cdef spmm_problem* problem = &op.linear.problem
        problem.args.m = m
        problem.args.group_begin = &group_begin[0]
        problem.args.weights = &weights[0] if weights.shape[0] else NULL
        problem.args.channels = &raw_channels[0] if raw_channels.shape[0] else NULL
        problem.args.channels_are_wide = channels.dtype.itemsize == 4
        cdef spbench_epilogue* epilogue = &problem.args.epilogue
        epilogue.output = OUTPUTS[output]
        epilogue.activation = ACTIVATIONS[activation]
        epilogue.is_plain = (activation == "none" and residual == PLAN_NO_BUFFER
                             and token_scale == PLAN_NO_BUFFER)
        if offset is not None:
            if offset.shape[0] != m:
                raise ValueError(f"{name}: offset does not fit m")
            epilogue.offset = &offset[0]
        if token_scale != PLAN_NO_BUFFER:
            self._scales(op, token_scale, 1)
        epilogue.fits = bool(fits)
        epilogue.scale, epilogue.bias = &scale[0], &bias[0]
        epilogue.output_scale, epilogue.output_bias = output_scale, output_bias
        problem.k = k
        problem.block_rows = block_rows
        problem.rows = block[0]
        problem.threads = self.model.threads
        split = _new_split(self.model.threads)
        split_rows(group_begin, split)
        cdef int64_t[::1] row_split = split
        problem.row_split = &row_split[0]
        cdef const lookup_entry* lookup
        if table is not None:
            lookup = lookup_select(spbench_cpu_features(), isa_names().index(self.isa))
            problem.lookup, problem.lookup_table = lookup.kernel, &table[0]
        found = {}
        op.linear.kernels.n64 = _select(block, 64, self.isa, found)
        op.linear.kernels.n32 = _select(block, 32, self.isa, found)
        op.linear.kernels.n16 = _select(block, 16, self.isa, found)
        op.linear.kernels.n80 = _select(block, 80, self.isa, found)
        if not {64, 32, 16} <= found.keys():
            raise ValueError(f"no kernel for {block[0]}x{block[1]} blocks")
        self.kernels[-1] = tuple(dict.fromkeys(found.values()))
        if table is not None:
            self.kernels[-1] += (lookup.name.decode(),)
        self.kept.append((group_begin, weights, channels, scale, bias, table, split, offset))

    def add_attention(self, str name, int x, int y, int64_t heads, int64_t head_size,
                      float score_scale, float output_scale, float output_bias,
                      int token_scale=-1):
        """Attention from Q, K and V in ``x``, one after another, into the byte buffer ``y``; with
        ``token_scale``, a buffer of three channels a head, into the f32 buffer ``y``."""
        cdef plan_op* op = self._add(name, PLAN_ATTENTION, x, y, PLAN_NO_BUFFER,
                                    self.model.kernels.attention_name)
        op.attention.heads, op.attention.head_size = heads, head_size
        op.attention.q, op.attention.k, op.attention.v = 0, heads * head_size, 2 * heads * head_size
        op.attention.score_scale = score_scale
        op.attention.output_scale, op.attention.output_bias = output_scale, output_bias
        if token_scale != PLAN_NO_BUFFER:
            self._scales(op, token_scale, 3 * heads)

    def add_quantize(self, str name, int x, int y, int token_scale, *, is_signed=False):
        """The f32 buffer ``x`` as bytes ``y``, in equal parts of its channels, as many as the
        buffer ``token_scale`` has."""
        cdef plan_op* op = self._add(name, PLAN_QUANTIZE, x, y, PLAN_NO_BUFFER,
                                    self.model.kernels.quantize_name)
        self._scales(op, token_scale, self.buffers[token_scale].channels)
        if self.buffers[x].channels % self.buffers[token_scale].channels:
            raise ValueError(f"{name}: the scales do not divide the channels")
        op.is_signed = bool(is_signed)

    cdef int _scales(self, plan_op* op, int buffer, int64_t channels) except -1:
        if (not 0 <= buffer < <int>self.buffers.size()
                or self.buffers[buffer].channels != channels or self.buffers[buffer].element != 4):
            raise ValueError(f"no buffer of {channels} scales a token")
        op.scale = buffer
        return 0

    def add_rows(self, str name, int x):
        """The f32 buffer ``x`` as rows: the plan's next output."""
        if self.outputs and self.buffers[x].channels != self.channels:
            raise ValueError(f"{name}: outputs have the same channels")
        cdef plan_op* op = self._add(
            name, PLAN_ROWS, x, PLAN_NO_BUFFER, PLAN_NO_BUFFER, self.model.kernels.rows_name
        )
        op.output = self.outputs
        self.outputs += 1
        self.channels = self.buffers[x].channels
        self.rows.resize(self.outputs * self.capacity)

    def end_stage(self):
        """All threads meet after the op that was added last."""
        self.ops.back().ends_stage = 1

    def run(self, const int64_t[::1] begin, const int32_t[::1] ids, const int32_t[::1] positions,
            const int32_t[::1] types, float[:, ::1] rows, const int64_t[::1] row_of_token,
            int64_t[:, ::1] time_ns=None):
        """Run all ops on tokens of sequences that lie one after another.

        ``begin`` [sequences + 1] are their first tokens; ids, positions and types [capacity of the
        panels]; token t's outputs go to ``rows[row_of_token[t]]``, one behind the other. ``time_ns``
        [threads, ops] is added to. Raises ValueError for what does not fit, RuntimeError if threads cannot be
        started.
        """
        cdef int64_t sequences = begin.shape[0] - 1, tokens = row_of_token.shape[0], i, output
        cdef int64_t padded = spbench_panel_capacity(tokens)
        cdef int status, sound = 1
        if (self.ops.empty() or not self.ops.back().ends_stage or tokens < 1 or sequences < 1
                or padded > self.capacity or begin[0] != 0 or begin[sequences] != tokens
                or ids.shape[0] < padded or positions.shape[0] < padded or types.shape[0] < padded
                or rows.shape[1] != self.outputs * self.channels
                or (time_ns is not None and (time_ns.shape[0] != self.model.threads
                                             or time_ns.shape[1] != <int64_t>self.ops.size()))):
            raise ValueError("the batch does not fit the plan")
        for i in range(sequences):
            sound &= 0 < begin[i + 1] - begin[i] <= self.longest
        for i in range(padded):
            sound &= (0 <= ids[i] < self.vocabulary and 0 <= positions[i] < self.positions
                      and 0 <= types[i] < self.types)
        for i in range(tokens):
            sound &= 0 <= row_of_token[i] < rows.shape[0]
            for output in range(self.outputs if sound else 0):
                self.rows[output * tokens + i] = &rows[row_of_token[i], output * self.channels]
        if not sound:
            raise ValueError("sequences, ids, positions, types or rows out of range")
        self.model.op, self.model.ops = self.ops.data(), self.ops.size()
        self.model.buffer_ = self.buffers.data()
        self.model.time_ns = &time_ns[0, 0] if time_ns is not None else NULL
        self.batch.tokens, self.batch.sequences = tokens, sequences
        self.batch.begin = &begin[0]
        self.batch.id_, self.batch.position, self.batch.type_ = &ids[0], &positions[0], &types[0]
        self.batch.row = self.rows.data()
        with nogil:
            status = plan_run(&self.model, &self.batch)
        if status != 0:
            raise RuntimeError(f"could not start {self.model.threads} threads")


def _new_split(int threads):
    import numpy as np
    return np.empty(threads + 1, np.int64)
