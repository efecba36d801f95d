// Packing of block-sparse weights into the groups that kernels read (include/spmm.h).
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Blocks of R x 1, block rows in order.
//
//   indptr   [block_rows + 1]   blocks indptr[i] .. indptr[i + 1] - 1 belong to block row i
//   indices  [blocks]           input channel of each block
//   data     [blocks][R]        weights
//   group_begin [block_rows+1]  filled: first group of each block row, four blocks a group
void spmm_count_groups(const int64_t* indptr, int64_t block_rows, int64_t* group_begin);

// weights [groups][R][4]; channels [groups][4], u32 if `wide`, else u16.
void spmm_pack_weight(const int64_t* indptr, const int32_t* indices, const int8_t* data,
                      int64_t block_rows, int rows, const int64_t* group_begin, int8_t* weights,
                      void* channels, int wide);

#ifdef __cplusplus
}
#endif
