#include "runtime/spmv_run.h"

#include "runtime/thread_team.h"

namespace {

void run_share(void* context, int thread, int) {
  const spmv_problem& problem = *static_cast<const spmv_problem*>(context);
  problem.kernel(&problem.args, problem.chunk_split[thread], problem.chunk_split[thread + 1]);
}

}  // namespace

void spmv_split_chunks(const int64_t* group_begin, int64_t chunks, int64_t tiles, int threads,
                       int64_t* chunk_split) {
  const int64_t total = group_begin[chunks * tiles];
  int64_t chunk = 0;
  for (int thread = 0; thread < threads; ++thread) {
    while (chunk < chunks && group_begin[chunk * tiles] * threads < total * thread) ++chunk;
    chunk_split[thread] = chunk;
  }
  chunk_split[threads] = chunks;
}

int spmv_run(const spmv_problem* problem) {
  return team_run(run_share, const_cast<spmv_problem*>(problem), problem->threads);
}

void spmv_run_call(void* context) {
  spmv_problem* problem = static_cast<spmv_problem*>(context);
  if (spmv_run(problem) != 0) problem->failed = 1;
}
