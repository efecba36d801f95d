// The tables of the engine's other kernels and the choice among them.
#pragma once

#include "attention.h"
#include "dispatch/cpu_features.h"
#include "embedding.h"
#include "norm.h"
#include "quantize.h"

struct encoder_entry {
  const char* name;
  enum spbench_isa isa;
  uint32_t features;
};

// One kernel of each kind.
struct encoder_kernels {
  attention_kernel attention;
  norm_kernel norm;
  quantize_kernel quantize;
  embedding_kernel embedding;
  rows_kernel rows;
  const char *attention_name, *norm_name, *quantize_name, *embedding_name, *rows_name;
};

#ifdef __cplusplus
extern "C" {
#endif

int encoder_table_size(void);
const struct encoder_entry* encoder_table_entry(int index);

// Of each kind the kernel of the highest level <= isa_cap whose feature bits are all in `features`.
struct encoder_kernels encoder_select(uint32_t features, int isa_cap);

#ifdef __cplusplus
}
#endif
