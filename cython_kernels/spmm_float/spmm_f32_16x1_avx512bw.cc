// Y[M, w] = W[M, K] . X[K, w] for 16x1 blocks in f32, AVX-512F; w = 64, 32, 16.
//
// Operands as in spmm_f32_4x1_avx512bw.cc, 16 rows to a channel. A block row is walked by
// tiles of 16 sums (block_rows.h), so that a line is loaded once for
//
//   w = 64   4 rows x 4 registers, four tiles
//   w = 32   8 rows x 2 registers, two tiles
//   w = 16   16 rows x 1 register, one tile
//
// Bound: the FMAs, 1 a cycle, as for 4x1; loads take 6, 5 and 8.5 of 16 cycles. Of the index
// there is a quarter. Instructions: see spmm_f32_4x1_avx512bw.cc.

#include "spmm_float/f32_avx512.h"
#include "spmm_float_kernels.h"

void spmm_f32_16x1_n64_avx512bw(const spmm_float_args* args, int64_t begin, int64_t end) {
  block_rows<F32Avx512, 16, 64, 4, 4>(args, begin, end);
}

void spmm_f32_16x1_n32_avx512bw(const spmm_float_args* args, int64_t begin, int64_t end) {
  block_rows<F32Avx512, 16, 32, 8, 2>(args, begin, end);
}

void spmm_f32_16x1_n16_avx512bw(const spmm_float_args* args, int64_t begin, int64_t end) {
  block_rows<F32Avx512, 16, 16, 16, 1>(args, begin, end);
}
