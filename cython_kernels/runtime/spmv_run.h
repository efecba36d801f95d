// A whole product with a few tokens: its chunks of block rows shared out among threads.
#pragma once

#include "spmv.h"

struct spmv_problem {
  struct spmv_args args;
  spmv_kernel kernel;
  int threads;
  const int64_t* chunk_split;  // [threads + 1] first chunk of each thread
  int failed;                  // set by spmv_run_call when threads could not be started
};

#ifdef __cplusplus
extern "C" {
#endif

// Fills chunk_split [threads + 1] so that all threads have about the same number of groups.
void spmv_split_chunks(const int64_t* group_begin, int64_t chunks, int64_t tiles, int threads,
                       int64_t* chunk_split);

// Returns 0, or -1 if threads could not be started.
int spmv_run(const struct spmv_problem* problem);

// The same for a prepared call, which returns nothing: a failure stays in `failed`.
void spmv_run_call(void* problem);

#ifdef __cplusplus
}
#endif
