// A whole product Y = W . X on floating point: its panels and block rows shared out among
// threads.
#pragma once

#include "spmm_float.h"

struct spmm_float_problem {
  struct spmm_float_args args;  // x and y are the starts of all panels
  enum spmm_float_type type;    // of W and X
  int64_t k, n;
  spmm_float_kernel kernel_n64, kernel_n32, kernel_n16;
  int threads;
  const int64_t* row_split;  // [threads + 1] first block row of each thread
  int failed;                // set by spmm_float_run_call when threads could not be started
};

#ifdef __cplusplus
extern "C" {
#endif

// Returns 0, or -1 if threads could not be started.
int spmm_float_run(const struct spmm_float_problem* problem);

// The same for a prepared call, which returns nothing: a failure stays in `failed`.
void spmm_float_run_call(void* problem);

#ifdef __cplusplus
}
#endif
