// Y[M, w] = W[M, K] . X[K, w] for 4x1 blocks in f32, AVX2 and FMA; w = 64, 32, 16.
//
// Operands as in spmm_f32_4x1_avx512bw.cc. Sixteen registers hold a tile of 4 rows by 24
// tokens (block_rows.h); a block row of w = 64 is walked three times, for 24, 24 and 16 tokens,
// one of 32 twice for 16:
//
//                                                tile of 24 tokens     16
//   x[j]       X[channel][8 j ..]         loads   3                     2
//   w          weights[r] in every lane   loads   4                     4
//   sum[r][j] += x[j] * w                  FMAs  12                     8
//
//   registers: 12 sums + 3 x + 1 w = 16 of 16
//
//   instruction                latency, per cycle     Zen 4                 Haswell and later
//   vfmadd231ps ymm                                   4, 2 (FP0 FP1)        4 or 5, 2 (p0 p1)
//   vbroadcastss ymm, m32                             load, 2               load, 2
//
// Bound: the FMAs, 2 a cycle: 6 and 4 cycles, of which loads take 3.5 and 3. The latency of 8
// sums is 4 cycles too, so that any delay shows: 24 tokens are 1.06 times as fast as 16.

#include "spmm_float/f32_avx2.h"
#include "spmm_float_kernels.h"

void spmm_f32_4x1_n64_avx2(const spmm_float_args* args, int64_t begin, int64_t end) {
  block_rows<F32Avx2, 4, 64, 4, 3>(args, begin, end);
}

void spmm_f32_4x1_n32_avx2(const spmm_float_args* args, int64_t begin, int64_t end) {
  block_rows<F32Avx2, 4, 32, 4, 2>(args, begin, end);
}

void spmm_f32_4x1_n16_avx2(const spmm_float_args* args, int64_t begin, int64_t end) {
  block_rows<F32Avx2, 4, 16, 4, 2>(args, begin, end);
}
