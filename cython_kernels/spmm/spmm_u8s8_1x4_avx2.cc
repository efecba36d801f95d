// Y[M, w] = W[M, K] . X[K, w] for 1x4 blocks, AVX2.
//
// Operands and packing: include/spmm.h; loop, instruction table: spmm/sweep_avx2.h.
//
// One row by 32 tokens: nothing shares the interleave, whose shuffles are the bound.
//
//   width  a group costs                                       Zen 4, bound
//   n64   2 x (8 vpmaddwd, 8 vpaddd, 12 unpacks, 3 shifts)      16 cycles: 0.25 of 512-bit VNNI's peak
//   n32   8 vpmaddwd, 8 vpaddd, 12 unpacks, 3 shifts            8 cycles: 0.25
//   n16   4 vpmaddwd, 4 vpaddd, 10 shuffles, 3 shifts           6.5 cycles: 0.15
//
// One channel number serves 4 weights.

#include "spmm/sweep_avx2.h"
#include "spmm_kernels.h"

void spmm_u8s8_1x4_n64_avx2(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(WordProduct, args, begin, end, 0, 1, 4, 64, 1, 0, 2);
  SPBENCH_SWEEP(WordProduct, args, begin, end, 0, 1, 4, 64, 1, 2, 2);
}

void spmm_u8s8_1x4_n32_avx2(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(WordProduct, args, begin, end, 0, 1, 4, 32, 1, 0, 2);
}

void spmm_u8s8_1x4_n16_avx2(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(WordProduct, args, begin, end, 0, 1, 4, 16, 1, 0, 1);
}
