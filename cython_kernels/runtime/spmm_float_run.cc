#include "runtime/spmm_float_run.h"

#include "panels.h"
#include "runtime/thread_team.h"

namespace {

int64_t bytes_of(spmm_float_type type) { return type == SPMM_FLOAT_F32 ? 4 : 2; }

// Every thread walks all panels over its own block rows: a panel of X stays in its L2, while
// weights, of which there are fewer bytes to a multiplication, stream past.
void run_share(void* context, int thread, int) {
  const spmm_float_problem& problem = *static_cast<const spmm_float_problem*>(context);
  const int64_t begin = problem.row_split[thread], end = problem.row_split[thread + 1];
  const int64_t capacity = spbench_panel_capacity(problem.n);
  const spmm_float_args& whole = problem.args;
  for (int64_t start = 0; start < capacity;) {
    const int width = spbench_panel_width(problem.n, start);
    spmm_float_args panel = whole;
    panel.x = static_cast<const char*>(whole.x) + problem.k * start * bytes_of(problem.type);
    panel.y = static_cast<char*>(whole.y) + whole.m * start * bytes_of(whole.output);
    const spmm_float_kernel kernel = width == 64   ? problem.kernel_n64
                                     : width == 32 ? problem.kernel_n32
                                                   : problem.kernel_n16;
    kernel(&panel, begin, end);
    start += width;
  }
}

}  // namespace

int spmm_float_run(const spmm_float_problem* problem) {
  return team_run(run_share, const_cast<spmm_float_problem*>(problem), problem->threads);
}

void spmm_float_run_call(void* context) {
  spmm_float_problem* problem = static_cast<spmm_float_problem*>(context);
  if (spmm_float_run(problem) != 0) problem->failed = 1;
}
