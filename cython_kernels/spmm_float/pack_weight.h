// Packing of block-sparse f32 weights into the groups that kernels read
// (include/spmm_float.h), rounded to bf16 where they are to be.
#pragma once

#include <stdint.h>

#include "spmm_float.h"

#ifdef __cplusplus
extern "C" {
#endif

// Channels in a group: 1 for f32, 2 for bf16.
int spmm_float_group_channels(enum spmm_float_type type);

// Blocks of R x 1, block rows in order.
//
//   indptr   [block_rows + 1]   blocks indptr[i] .. indptr[i + 1] - 1 belong to block row i
//   indices  [blocks]           input channel of each block
//   data     [blocks][R]        weights
//   group_begin [block_rows+1]  filled: first group of each block row
void spmm_float_count_groups(enum spmm_float_type type, const int64_t* indptr,
                             int64_t block_rows, int64_t* group_begin);

// weights [groups][R][channels of a group], f32 or bf16; channels [groups][...], u32 if `wide`,
// else u16.
void spmm_float_pack_weight(enum spmm_float_type type, const int64_t* indptr,
                            const int32_t* indices, const float* data, int64_t block_rows,
                            int rows, const int64_t* group_begin, void* weights, void* channels,
                            int wide);

#ifdef __cplusplus
}
#endif
