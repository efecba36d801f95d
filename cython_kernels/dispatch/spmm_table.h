// The table of SpMM kernels and the choice among them.
#pragma once

#include "dispatch/cpu_features.h"
#include "spmm.h"

struct spmm_entry {
  const char* name;
  int block_rows, block_cols, panel_width;
  enum spbench_isa isa;
  uint32_t features;
  spmm_kernel kernel;
};

#ifdef __cplusplus
extern "C" {
#endif

int spmm_table_size(void);
const struct spmm_entry* spmm_table_entry(int index);

// The kernel of the highest level <= isa_cap whose feature bits are all in `features`;
// null if there is none for this block and width.
const struct spmm_entry* spmm_select(int block_rows, int block_cols, int panel_width,
                                     uint32_t features, int isa_cap);

#ifdef __cplusplus
}
#endif
