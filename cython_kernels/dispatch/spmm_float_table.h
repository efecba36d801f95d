// The table of SpMM kernels on floating point and the choice among them.
#pragma once

#include "dispatch/cpu_features.h"
#include "spmm_float.h"

struct spmm_float_entry {
  const char* name;
  enum spmm_float_type type;
  int block_rows, panel_width;
  enum spbench_isa isa;
  uint32_t features;
  spmm_float_kernel kernel;
};

#ifdef __cplusplus
extern "C" {
#endif

int spmm_float_table_size(void);
const struct spmm_float_entry* spmm_float_table_entry(int index);

// The kernel of the highest level <= isa_cap whose feature bits are all in `features`;
// null if there is none for this type, block and width.
const struct spmm_float_entry* spmm_float_select(enum spmm_float_type type, int block_rows,
                                                 int panel_width, uint32_t features,
                                                 int isa_cap);

#ifdef __cplusplus
}
#endif
