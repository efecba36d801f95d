// Packing of block-sparse weights for a few tokens (include/spmv.h).
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Blocks of R x 1, block rows in order, columns ascending in each.
//
//   indptr   [block_rows + 1]    blocks indptr[i] .. indptr[i + 1] - 1 belong to block row i
//   indices  [blocks]            input channel of each block
//
// Filled, for chunks = ceil(block_rows / 64):
//   order    [chunks][tiles][64]   groups [chunks][tiles][16]   group_begin [chunks * tiles + 1]
void spmv_count_groups(const int64_t* indptr, const int32_t* indices, int64_t block_rows,
                       int64_t tiles, uint8_t* order, uint8_t* groups, int64_t* group_begin);

// data [blocks][R], rows = R. Filled: channels [groups][16] and SPMV_SLACK zeros, weights
// [groups][R / 4][64].
void spmv_pack_weight(const int64_t* indptr, const int32_t* indices, const int8_t* data,
                      int64_t block_rows, int rows, int64_t tiles, const uint8_t* order,
                      const uint8_t* groups, const int64_t* group_begin, uint8_t* channels,
                      int8_t* weights);

#ifdef __cplusplus
}
#endif
