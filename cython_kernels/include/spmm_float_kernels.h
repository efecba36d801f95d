// Declarations of all SpMM kernels on floating point, made from their list.
#pragma once

#include "spmm_float.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SPMM_FLOAT_KERNEL(name, type, rows, width, isa, features)                     \
  void name(const struct spmm_float_args* args, int64_t block_row_begin, \
            int64_t block_row_end);
#include "spmm_float/kernels.inc"
#undef SPMM_FLOAT_KERNEL

#ifdef __cplusplus
}
#endif
