// The table of SpMV kernels (a few tokens) and the choice among them.
#pragma once

#include "dispatch/cpu_features.h"
#include "spmv.h"

struct spmv_entry {
  const char* name;
  int block_rows;  // of blocks block_rows x 1
  enum spbench_isa isa;
  uint32_t features;
  spmv_kernel kernel;
};

#ifdef __cplusplus
extern "C" {
#endif

int spmv_table_size(void);
const struct spmv_entry* spmv_table_entry(int index);

// The kernel for these blocks of the highest level <= isa_cap whose feature bits are all in `features`; null
// if there is none.
const struct spmv_entry* spmv_select(int block_rows, uint32_t features, int isa_cap);

#ifdef __cplusplus
}
#endif
