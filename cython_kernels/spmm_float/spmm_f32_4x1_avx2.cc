// Y[M, w] = W[M, K] . X[K, w] for 4x1 blocks in f32, AVX2 and FMA; w = 64, 32, 16.
//
// Operands as in spmm_f32_4x1_avx512bw.cc. Sixteen registers hold a tile of 4 rows by 16
// tokens (block_rows.h); a block row is walked w / 16 times:
//
//   x[j]       X[channel][8 j ..]                2 loads
//   w          weights[r] in every lane          4 loads
//   sum[r][j] += x[j] * w                        8 FMAs
//
//   registers: 8 sums + 2 x + 1 w = 11 of 16
//
//   instruction                latency, per cycle     Zen 4                 Haswell and later
//   vfmadd231ps ymm                                   4, 2 (FP0 FP1)        4 or 5, 2 (p0 p1)
//   vbroadcastss ymm, m32                             load, 2               load, 2
//
// Bound: 8 FMAs in 4 cycles, their latency with 8 sums just as long; loads take 3.

#include "spmm_float/f32_avx2.h"
#include "spmm_float_kernels.h"

void spmm_f32_4x1_n64_avx2(const spmm_float_args* args, int64_t begin,
                           int64_t end) {
  block_rows<F32Avx2, 4, 64, 4, 2>(args, begin, end);
}

void spmm_f32_4x1_n32_avx2(const spmm_float_args* args, int64_t begin,
                           int64_t end) {
  block_rows<F32Avx2, 4, 32, 4, 2>(args, begin, end);
}

void spmm_f32_4x1_n16_avx2(const spmm_float_args* args, int64_t begin,
                           int64_t end) {
  block_rows<F32Avx2, 4, 16, 4, 2>(args, begin, end);
}
