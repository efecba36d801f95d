// Packing of block-sparse weights into the groups that kernels read (include/spmm.h).
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Blocks of R x C, C = 1 or 4, block rows in order.
//
//   indptr   [block_rows + 1]   blocks indptr[i] .. indptr[i + 1] - 1 belong to block row i
//   indices  [blocks]           block column of each block
//   data     [blocks][R][C]     weights
struct spmm_blocks {
  const int64_t* indptr;
  const int32_t* indices;
  const int8_t* data;
  int64_t block_rows, k;  // k: input channels of W; at least 4 if C is 4
  int rows, cols;
};

// group_begin [block_rows + 1]: first group of each block row. A group is four channels.
void spmm_count_groups(const struct spmm_blocks* blocks, int64_t* group_begin);

// weights [groups][R][4]; channels [groups + 1][4 / C], u32 if `wide`, else u16; those of the
// last, which holds no weights, are 0.
void spmm_pack_weight(const struct spmm_blocks* blocks, const int64_t* group_begin,
                      int8_t* weights, void* channels, int wide);

#ifdef __cplusplus
}
#endif
