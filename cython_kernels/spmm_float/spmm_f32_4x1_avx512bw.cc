// Y[M, w] = W[M, K] . X[K, w] for 4x1 blocks in f32, AVX-512F; w = 64, 32, 16.
//
// Operands: X f32, one panel of w tokens, a channel w / 16 registers; W f32, groups of one
// channel (include/spmm_float.h); Y f32 in lines of w tokens.
//
// One group: a channel's line is loaded once and used by four rows (block_rows.h):
//
//                                                      w = 64         32          16
//   x[j]       X[channel][16 j ..]              loads   4              2           1
//   w          weights[r] in every lane         loads   4              4           4
//   sum[r][j] += x[j] * w                       FMAs   16              8           4
//
//   registers: 16 sums + 4 x + 1 w = 21 of 32; w = 16 takes two groups in turn, 8 sums
//
//   instruction                latency, per cycle     Zen 4                 Ice Lake
//   vfmadd231ps zmm                                   4, 1 (FP0 FP1)        4, 1 (p0; p05)
//   vbroadcastss zmm, m32                             load, 2               load, 2
//   vmovaps zmm, m512                                 load, 1               load, 2
//
// Bound: the FMAs, 1 a cycle; loads take 6, 4 and 3 of the 16, 8 and 4 cycles. Lines come from
// L2: 256 bytes in 16 cycles, half of what L2 gives.
//
// Source of the idea: arXiv 2306.16601 (constant blocks); LIBXSMM's BCSC kernels are as much
// in f32.

#include "spmm_float/f32_avx512.h"
#include "spmm_float_kernels.h"

void spmm_f32_4x1_n64_avx512bw(const spmm_float_args* args, int64_t begin, int64_t end) {
  block_rows<F32Avx512, 4, 64, 4, 4>(args, begin, end);
}

void spmm_f32_4x1_n32_avx512bw(const spmm_float_args* args, int64_t begin, int64_t end) {
  block_rows<F32Avx512, 4, 32, 4, 2>(args, begin, end);
}

void spmm_f32_4x1_n16_avx512bw(const spmm_float_args* args, int64_t begin, int64_t end) {
  block_rows<F32Avx512, 4, 16, 4, 1, 2>(args, begin, end);
}
