#include "runtime/spmm_run.h"

#include "panels.h"
#include "runtime/thread_team.h"

namespace {

constexpr int64_t kStoreCost = 2;  // of a block row, in groups

int64_t output_bytes(spbench_output output) {
  return output == SPBENCH_S32 || output == SPBENCH_F32 ? 4 : 1;
}

// The problem's arguments for the panel that starts at a token.
spmm_args panel_args(const spmm_problem& problem, int64_t start) {
  spmm_args panel = problem.args;
  panel.x += problem.k * start;
  panel.y = static_cast<uint8_t*>(panel.y) + panel.m * start * output_bytes(panel.output);
  return panel;
}

// Every thread walks all panels over its own block rows: its share of the weights stays
// in its own cache, and X is read by all.
void run_share(void* context, int thread, int) {
  const spmm_problem& problem = *static_cast<const spmm_problem*>(context);
  const int64_t begin = problem.row_split[thread], end = problem.row_split[thread + 1];
  const int64_t capacity = spbench_panel_capacity(problem.n);
  for (int64_t start = 0; start < capacity;) {
    spmm_args panel = panel_args(problem, start);
    if (capacity - start == 80 && problem.kernel_n80 != nullptr) {
      const spmm_args tail = panel_args(problem, start + 64);
      panel.tail_x = tail.x;
      panel.tail_y = tail.y;
      problem.kernel_n80(&panel, begin, end);
      return;
    }
    const int width = spbench_panel_width(problem.n, start);
    const spmm_kernel kernel = width == 64   ? problem.kernel_n64
                               : width == 32 ? problem.kernel_n32
                                             : problem.kernel_n16;
    kernel(&panel, begin, end);
    start += width;
  }
}

}  // namespace

void spmm_split_rows(const int64_t* group_begin, int64_t block_rows, int threads,
                     int64_t* row_split) {
  const int64_t total = group_begin[block_rows] + kStoreCost * block_rows;
  int64_t row = 0;
  for (int thread = 0; thread < threads; ++thread) {
    while (row < block_rows &&
           (group_begin[row] + kStoreCost * row) * threads < total * thread) {
      ++row;
    }
    row_split[thread] = row;
  }
  row_split[threads] = block_rows;
}

int spmm_run(const spmm_problem* problem) {
  return team_run(run_share, const_cast<spmm_problem*>(problem), problem->threads);
}

void spmm_run_call(void* context) {
  spmm_problem* problem = static_cast<spmm_problem*>(context);
  if (spmm_run(problem) != 0) problem->failed = 1;
}
