// Declarations of all SpMV kernels, made from their list.
#pragma once

#include "spmv.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SPMV_KERNEL(name, block_rows, isa, features) \
  void name(const struct spmv_args* args, int64_t chunk_begin, int64_t chunk_end);
#include "spmv/kernels.inc"
#undef SPMV_KERNEL

#ifdef __cplusplus
}
#endif
