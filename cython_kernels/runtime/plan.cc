#include "runtime/plan.h"

#include <algorithm>
#include <chrono>

#include "panels.h"
#include "runtime/barrier.h"
#include "runtime/thread_team.h"

namespace {

constexpr int kMostPasses = int{PLAN_MOST_GROUP} / int{SPBENCH_PANEL_MAX} + 4;
constexpr double kEven = 1.1;             // shares of tokens within this of their mean are even
constexpr double kAttentionPerPair = 1.3;  // of a vpdpbusd, with the softmax

// One thread's part in one group of tokens.
struct Work {
  const plan& model;
  const plan_batch& batch;
  int64_t begin, end;  // the group: whole panels
  int part, parts;     // of each op
  int owner;           // whose group buffers are used
  int thread;
};

// A part's range of `count` things.
struct Range {
  int64_t begin, end;
};

Range share(const Work& work, int64_t count) {
  return {count * work.part / work.parts, count * (work.part + 1) / work.parts};
}

uint8_t* at(const Work& work, int buffer, int64_t token) {
  const plan_buffer& panels = work.model.buffer[buffer];
  const int64_t first = panels.group_bytes ? token - work.begin : token;
  return static_cast<uint8_t*>(panels.memory) + work.owner * panels.group_bytes +
         panels.channels * panels.element * first;
}

void run_linear(const Work& work, const plan_op& op) {
  spmm_problem problem = op.linear.problem;
  problem.args.x = at(work, op.x, work.begin);
  problem.args.y = at(work, op.y, work.begin);
  if (op.residual != PLAN_NO_BUFFER) {
    problem.args.epilogue.residual =
        reinterpret_cast<const float*>(at(work, op.residual, work.begin));
  }
  if (op.scale != PLAN_NO_BUFFER) {
    problem.args.epilogue.token_scale =
        reinterpret_cast<const float*>(at(work, op.scale, work.begin));
  }
  const bool is_whole = work.parts == 1;
  const int64_t row_begin = is_whole ? 0 : problem.row_split[work.part];
  const int64_t row_end = is_whole ? problem.block_rows : problem.row_split[work.part + 1];
  if (row_begin == row_end) return;
  spmm_pass pass[kMostPasses];
  const int64_t passes = spmm_plan(work.end - work.begin, &op.linear.kernels, pass);
  for (int64_t i = 0; i < passes; ++i) spmm_run_pass(&problem, &pass[i], row_begin, row_end);
}

// Pairs of a sequence and a head are shared out; neighbouring heads are one call.
void run_attention(const Work& work, const plan_op& op) {
  const plan_batch& batch = work.batch;
  const int64_t* last = batch.begin + batch.sequences;
  const int64_t first = std::upper_bound(batch.begin, last, work.begin) - batch.begin - 1;
  const int64_t after = std::lower_bound(batch.begin, last, work.end) - batch.begin;
  const plan_attention& attention = op.attention;
  const attention_args args = {
      batch.tokens,
      reinterpret_cast<const int8_t*>(at(work, op.x, 0)),
      work.model.buffer[op.x].channels,
      attention.q, attention.k, attention.v, attention.head_size,
      at(work, op.y, work.begin),
      work.model.buffer[op.y].channels,
      work.begin,
      attention.score_scale, attention.output_scale, attention.output_bias,
      work.model.scratch + work.thread * work.model.scratch_bytes,
      op.scale == PLAN_NO_BUFFER ? nullptr : reinterpret_cast<float*>(at(work, op.scale, 0)),
      attention.heads,
      reinterpret_cast<float*>(at(work, op.y, work.begin))};
  const Range pairs = share(work, (after - first) * attention.heads);
  for (int64_t pair = pairs.begin; pair < pairs.end;) {
    const int64_t sequence = first + pair / attention.heads, head = pair % attention.heads;
    const int64_t heads = std::min(attention.heads - head, pairs.end - pair);
    work.model.kernels.attention(&args, batch.begin[sequence], batch.begin[sequence + 1],
                                 work.begin, work.end, head, head + heads);
    pair += heads;
  }
}

// Calls function(panel's first token, its width, first register, count) for the part's registers
// of each panel.
template <typename Function>
void for_registers(const Work& work, Function function) {
  const Range mine = share(work, (work.end - work.begin) / 16);
  const int64_t begin = work.begin + 16 * mine.begin, end = work.begin + 16 * mine.end;
  for (int64_t start = work.begin; start < end;) {
    const int width = spbench_panel_width(work.batch.tokens, start);
    const int64_t from = std::max(begin, start), to = std::min<int64_t>(end, start + width);
    if (from < to) function(start, width, int((from - start) / 16), int((to - from) / 16));
    start += width;
  }
}

void run_norm(const Work& work, const plan_op& op) {
  for_registers(work, [&](int64_t start, int width, int first, int count) {
    norm_args args = op.norm;
    args.width = width;
    args.x = reinterpret_cast<float*>(at(work, op.x, start));
    args.q = op.y == PLAN_NO_BUFFER ? nullptr : at(work, op.y, start);
    work.model.kernels.norm(&args, first, count);
  });
}

// As many scales a token as the scales' buffer has channels, each of neighbouring channels of x.
void run_quantize(const Work& work, const plan_op& op) {
  const int64_t parts = work.model.buffer[op.scale].channels;
  for_registers(work, [&](int64_t start, int width, int first, int count) {
    const quantize_args args = {parts, work.model.buffer[op.x].channels / parts, width,
                                op.is_signed, reinterpret_cast<const float*>(at(work, op.x, start)),
                                at(work, op.y, start),
                                reinterpret_cast<float*>(at(work, op.scale, start))};
    work.model.kernels.quantize(&args, first, count);
  });
}

void run_embedding(const Work& work, const plan_op& op) {
  for_registers(work, [&](int64_t start, int width, int first, int count) {
    embedding_args args = op.embedding;
    args.width = width;
    for (int i = first; i < first + count; ++i) {
      args.id = work.batch.id + start + 16 * i;
      args.position_of = work.batch.position + start + 16 * i;
      args.type_of = work.batch.type + start + 16 * i;
      args.x = reinterpret_cast<float*>(at(work, op.y, start)) + 16 * i;
      work.model.kernels.embedding(&args);
    }
  });
}

void run_rows(const Work& work, const plan_op& op) {
  float* const* const row = work.batch.row + op.output * work.batch.tokens;
  for_registers(work, [&](int64_t start, int width, int first, int count) {
    for (int i = first; i < first + count; ++i) {
      const int64_t token = start + 16 * i;
      const int64_t held = std::min<int64_t>(16, work.batch.tokens - token);
      if (held <= 0) return;
      const float* x = reinterpret_cast<const float*>(at(work, op.x, start)) + 16 * i;
      const rows_args args = {work.model.buffer[op.x].channels, x, width, row + token,
                              static_cast<int>(held)};
      work.model.kernels.rows(&args);
    }
  });
}

void run_op(const Work& work, const plan_op& op) {
  switch (op.kind) {
    case PLAN_EMBEDDING: return run_embedding(work, op);
    case PLAN_NORM: return run_norm(work, op);
    case PLAN_QUANTIZE: return run_quantize(work, op);
    case PLAN_LINEAR: return run_linear(work, op);
    case PLAN_ATTENTION: return run_attention(work, op);
    case PLAN_ROWS: return run_rows(work, op);
  }
}

void run_timed(const Work& work, const plan_op& op) {
  if (work.model.time_ns == nullptr) return run_op(work, op);
  const auto start = std::chrono::steady_clock::now();
  run_op(work, op);
  const auto taken = std::chrono::steady_clock::now() - start;
  work.model.time_ns[work.thread * work.model.ops + (&op - work.model.op)] +=
      std::chrono::duration_cast<std::chrono::nanoseconds>(taken).count();
}

// What all ops together cost, in vpdpbusd of 16 lanes.
struct Costs {
  double token, pair;  // of a token; of a query and a key
};

Costs costs_of(const plan& model) {
  Costs costs = {};
  for (int64_t i = 0; i < model.ops; ++i) {
    const plan_op& op = model.op[i];
    if (op.kind == PLAN_LINEAR) {
      const spmm_problem& problem = op.linear.problem;
      costs.token += double(problem.args.group_begin[problem.block_rows] * problem.rows);
    } else if (op.kind == PLAN_ATTENTION) {
      costs.pair += kAttentionPerPair * double(op.attention.heads * op.attention.head_size) / 2;
    }
  }
  return costs;
}

struct Run {
  const plan& model;
  const plan_batch& batch;
  int64_t capacity;
  Costs costs;
  bool by_tokens;
  spbench::Barrier barrier;
};

double cost_before(const Run& run, int64_t token) {
  const int64_t* begin = run.batch.begin;
  double pairs = 0.0;
  for (int64_t s = 0; s < run.batch.sequences && begin[s] < token; ++s) {
    pairs += double(std::min(begin[s + 1], token) - begin[s]) * double(begin[s + 1] - begin[s]);
  }
  return double(token) * run.costs.token + pairs * run.costs.pair;
}

// First token of a thread's share: where whole panels come nearest to an even one.
int64_t share_begin(const Run& run, int thread, int threads) {
  if (thread == 0) return 0;
  if (thread == threads) return run.capacity;
  const double wanted = cost_before(run, run.capacity) * thread / threads;
  int64_t token = 0;
  double before = 0.0;
  while (token + SPBENCH_PANEL_MAX <= run.capacity) {
    const double next = cost_before(run, token + SPBENCH_PANEL_MAX);
    if (next - wanted > wanted - before) break;
    token += SPBENCH_PANEL_MAX;
    before = next;
  }
  return token;
}

bool shares_are_even(const Run& run, int threads) {
  const double mean = cost_before(run, run.capacity) / threads;
  double before = 0.0;
  for (int thread = 1; thread <= threads; ++thread) {
    const double cost = cost_before(run, share_begin(run, thread, threads));
    if (cost - before > kEven * mean) return false;
    before = cost;
  }
  return true;
}

// End of the group that begins at `begin`. Two panels that one pass multiplies stay together.
int64_t group_end(const plan& model, int64_t begin, int64_t end) {
  const int64_t rest = end - begin - model.group_tokens;
  return rest < SPBENCH_PANEL_MAX ? end : begin + model.group_tokens;
}

void run_member(void* context, int thread, int threads) {
  Run& run = *static_cast<Run*>(context);
  const plan& model = run.model;
  const bool together = threads > 1 && !run.by_tokens;
  const int64_t begin = together ? 0 : share_begin(run, thread, threads);
  const int64_t end = together ? run.capacity : share_begin(run, thread + 1, threads);
  Work work = {model, run.batch, 0, 0, together ? thread : 0, together ? threads : 1,
               together ? 0 : thread, thread};
  const plan_op* const last = model.op + model.ops;
  for (const plan_op* stage = model.op; stage < last;) {
    const plan_op* after = stage;
    while (!(after++)->ends_stage) {
    }
    for (work.begin = begin; work.begin < end; work.begin = work.end) {
      work.end = group_end(model, work.begin, end);
      for (const plan_op* op = stage; op < after; ++op) {
        run_timed(work, *op);
        if (together) run.barrier.wait();
      }
    }
    if (threads > 1 && !together) run.barrier.wait();
    stage = after;
  }
}

}  // namespace

int plan_run(const plan* model, const plan_batch* batch) {
  Run run = {*model, *batch, spbench_panel_capacity(batch->tokens), {}, true,
             spbench::Barrier(model->threads)};
  if (model->threads > 1) {
    run.costs = costs_of(*model);
    run.by_tokens = shares_are_even(run, model->threads);
  }
  return team_run(run_member, &run, model->threads);
}
