// Y[M, w] = W[M, K] . X[K, w] for 16x1 blocks in bf16, AVX512_BF16; w = 64, 32, 16.
//
// Operands as in spmm_bf16_4x1_avx512bf16.cc, 16 rows to a pair of channels. A block row is
// walked by tiles of 16 sums (block_rows.h), so that lines are loaded and interleaved once for
//
//   w = 64   4 rows x 4 registers, four tiles     4 unpacks for 16 vdpbf16ps
//   w = 32   8 rows x 2 registers, two tiles      2
//   w = 16   16 rows x 1 register, one tile       1 vpermt2w
//
// Bound: the vdpbf16ps, 1 a cycle. Instructions: see spmm_bf16_4x1_avx512bf16.cc.

#include "spmm_float/bf16_avx512.h"
#include "spmm_float_kernels.h"

void spmm_bf16_16x1_n64_avx512bf16(const spmm_float_args* args, int64_t begin, int64_t end) {
  block_rows<Bf16Avx512, 16, 64, 4, 4>(args, begin, end);
}

void spmm_bf16_16x1_n32_avx512bf16(const spmm_float_args* args, int64_t begin, int64_t end) {
  block_rows<Bf16Avx512, 16, 32, 8, 2>(args, begin, end);
}

void spmm_bf16_16x1_n16_avx512bf16(const spmm_float_args* args, int64_t begin, int64_t end) {
  block_rows<Bf16Avx512, 16, 16, 16, 1>(args, begin, end);
}
