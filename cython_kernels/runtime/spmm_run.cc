#include "runtime/spmm_run.h"

#include <algorithm>

#include "panels.h"
#include "runtime/thread_team.h"

namespace {

constexpr int64_t kLookupBytes = 8192;  // of lines that wait for their lookup, still in L1

int64_t output_bytes(spbench_output output) {
  return output == SPBENCH_S32 || output == SPBENCH_F32 ? 4 : 1;
}

// The problem's arguments for the panel that starts at a token.
spmm_args panel_args(const spmm_problem& problem, int64_t start) {
  spmm_args panel = problem.args;
  panel.x += problem.k * start;
  panel.y = static_cast<uint8_t*>(panel.y) + panel.m * start * output_bytes(panel.epilogue.output);
  if (panel.epilogue.token_scale) panel.epilogue.token_scale += start;
  if (panel.epilogue.residual) panel.epilogue.residual += panel.m * start;
  return panel;
}

void look_up(const spmm_problem& problem, const spmm_args& panel, int width, int64_t begin,
             int64_t end) {
  const int64_t first = problem.rows * begin, last = std::min(problem.rows * end, panel.m);
  problem.lookup(problem.lookup_table, static_cast<uint8_t*>(panel.y) + first * width,
                 (last - first) * width);
}

// Every thread walks all panels over its own block rows: its share of the weights stays
// in its own cache, and X is read by all.
void run_share(void* context, int thread, int) {
  const spmm_problem& problem = *static_cast<const spmm_problem*>(context);
  const int64_t begin = problem.row_split[thread], end = problem.row_split[thread + 1];
  if (begin == end) return;
  for (int64_t i = 0; i < problem.passes; ++i) spmm_run_pass(&problem, &problem.pass[i], begin, end);
}

}  // namespace

int64_t spmm_plan(int64_t n, const spmm_kernels* kernels, spmm_pass* pass) {
  const int64_t capacity = spbench_panel_capacity(n);
  int64_t passes = 0, start = 0;
  while (start < capacity) {
    const int64_t rest = capacity - start;
    if (rest == 112 && kernels->n80 != nullptr) {  // 64 and the last 16, then the 32 between
      pass[passes++] = {kernels->n80, start, start + 96, 80};
      pass[passes++] = {kernels->n32, start + 64, -1, 32};
      return passes;
    }
    if (rest == 80 && kernels->n80 != nullptr) {
      pass[passes++] = {kernels->n80, start, start + 64, 80};
      return passes;
    }
    const int width = spbench_panel_width(n, start);
    pass[passes++] = {width == 64   ? kernels->n64
                      : width == 32 ? kernels->n32
                                    : kernels->n16,
                      start, -1, width};
    start += width;
  }
  return passes;
}

// With a lookup in pieces that stay in L1 until they are looked up.
void spmm_run_pass(const spmm_problem* problem, const spmm_pass* pass, int64_t begin,
                   int64_t end) {
  spmm_args panel = panel_args(*problem, pass->start);
  const bool has_tail = pass->tail_start >= 0;
  const spmm_args tail = has_tail ? panel_args(*problem, pass->tail_start) : spmm_args{};
  panel.tail = &tail;
  if (problem->lookup == nullptr) {
    pass->kernel(&panel, begin, end);
    return;
  }
  const int64_t step = std::max<int64_t>(1, kLookupBytes / (problem->rows * pass->tokens));
  for (int64_t piece = begin; piece < end; piece += step) {
    const int64_t piece_end = std::min(piece + step, end);
    pass->kernel(&panel, piece, piece_end);
    look_up(*problem, panel, has_tail ? 64 : pass->tokens, piece, piece_end);
    if (has_tail) look_up(*problem, tail, pass->tokens - 64, piece, piece_end);
  }
}

int spmm_run(const spmm_problem* problem) {
  return team_run(run_share, const_cast<spmm_problem*>(problem), problem->threads);
}

void spmm_run_call(void* context) {
  spmm_problem* problem = static_cast<spmm_problem*>(context);
  if (spmm_run(problem) != 0) problem->failed = 1;
}
