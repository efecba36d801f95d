// The table of lookup kernels and the choice among them.
#pragma once

#include "dispatch/cpu_features.h"
#include "epilogue.h"

struct lookup_entry {
  const char* name;
  enum spbench_isa isa;
  uint32_t features;
  spbench_lookup kernel;
};

#ifdef __cplusplus
extern "C" {
#endif

int lookup_table_size(void);
const struct lookup_entry* lookup_table_entry(int index);

// The kernel of the highest level <= isa_cap whose feature bits are all in `features`.
const struct lookup_entry* lookup_select(uint32_t features, int isa_cap);

#ifdef __cplusplus
}
#endif
