// Declarations of all SpMM kernels, made from their list.
#pragma once

#include "spmm.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SPMM_KERNEL(name, rows, cols, width, isa, features) \
  void name(const struct spmm_args* args, int64_t block_row_begin, int64_t block_row_end);
#include "dense/kernels.inc"
#include "spmm/kernels.inc"
#undef SPMM_KERNEL

#ifdef __cplusplus
}
#endif
