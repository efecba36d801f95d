// A whole product Y = W . X: its panels and block rows shared out among threads.
#pragma once

#include "spmm.h"

// The kernels of a block, by the tokens of a pass.
struct spmm_kernels {
  spmm_kernel n64, n32, n16;
  spmm_kernel n80;  // a panel of 64 and one of 16 in one pass; null: two passes
};

// What one call of a kernel covers.
struct spmm_pass {
  spmm_kernel kernel;
  int64_t start;       // first token of the panel
  int64_t tail_start;  // of the second panel of n80; -1: there is none
  int tokens;          // 16 .. 80
};

struct spmm_problem {
  struct spmm_args args;  // x, y and the epilogue's operands are the starts of all panels
  int64_t k, block_rows;
  int64_t passes;
  const struct spmm_pass* pass;  // [passes]
  int threads;
  const int64_t* row_split;      // [threads + 1] first block row of each thread
  int rows;                      // of a block
  spbench_lookup lookup;         // null: none
  const uint8_t* lookup_table;   // [256]
  int failed;                    // set by spmm_run_call when threads could not be started
};

#ifdef __cplusplus
extern "C" {
#endif

// Passes over the panels of n tokens, in `pass`, which has room for n / 64 + 3; returns how many.
int64_t spmm_plan(int64_t n, const struct spmm_kernels* kernels, struct spmm_pass* pass);

// Block rows begin .. end - 1 of one pass, on the calling thread.
void spmm_run_pass(const struct spmm_problem* problem, const struct spmm_pass* pass, int64_t begin,
                   int64_t end);

// Returns 0, or -1 if threads could not be started.
int spmm_run(const struct spmm_problem* problem);

// The same for a prepared call, which returns nothing: a failure stays in `failed`.
void spmm_run_call(void* problem);

#ifdef __cplusplus
}
#endif
