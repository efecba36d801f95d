// Packing of block-sparse weights for one token (include/spmv.h).
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Blocks of 4 x 1, block rows in order, columns ascending in each.
//
//   indptr   [block_rows + 1]    blocks indptr[i] .. indptr[i + 1] - 1 belong to block row i
//   indices  [blocks]            input channel of each block
//
// Filled, for chunks = ceil(block_rows / 64):
//   counts   [chunks][tiles][17]   order [chunks][tiles][64]   group_begin [chunks * tiles + 1]
void spmv_count_groups(const int64_t* indptr, const int32_t* indices, int64_t block_rows,
                       int64_t tiles, uint8_t* counts, uint8_t* order, int64_t* group_begin);

// data [blocks][4]; filled: channels [groups][16], weights [groups][4][16].
void spmv_pack_weight(const int64_t* indptr, const int32_t* indices, const int8_t* data,
                      int64_t block_rows, int64_t tiles, const uint8_t* counts,
                      const uint8_t* order, const int64_t* group_begin, uint8_t* channels,
                      int8_t* weights);

#ifdef __cplusplus
}
#endif
