// Y[M, w] = W[M, K] . X[K, w] for 4x4 blocks, AVX2.
//
// Operands and packing: include/spmm.h; loop, instruction table: spmm/sweep_avx2.h.
//
// Four rows by 16 tokens: 8 sums; a panel of 64 is swept four times.
//
//   width  a group costs                                       Zen 4, bound
//   n64   4 x (16 vpmaddwd, 16 vpaddd, 8 unpacks, 12 shifts)    52 cycles: 0.31 of 512-bit VNNI's peak
//   n32   2 x (16 vpmaddwd, 16 vpaddd, 8 unpacks, 12 shifts)    26 cycles: 0.31
//   n16   16 vpmaddwd, 16 vpaddd, 10 shuffles, 12 shifts        13.5 cycles: 0.3
//
// One channel number serves 16 weights.

#include "spmm/sweep_avx2.h"
#include "spmm_kernels.h"

void spmm_u8s8_4x4_n64_avx2(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(WordProduct, args, begin, end, 0, 4, 4, 64, 4, 0, 1);
  SPBENCH_SWEEP(WordProduct, args, begin, end, 0, 4, 4, 64, 4, 1, 1);
  SPBENCH_SWEEP(WordProduct, args, begin, end, 0, 4, 4, 64, 4, 2, 1);
  SPBENCH_SWEEP(WordProduct, args, begin, end, 0, 4, 4, 64, 4, 3, 1);
}

void spmm_u8s8_4x4_n32_avx2(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(WordProduct, args, begin, end, 0, 4, 4, 32, 4, 0, 1);
  SPBENCH_SWEEP(WordProduct, args, begin, end, 0, 4, 4, 32, 4, 1, 1);
}

void spmm_u8s8_4x4_n16_avx2(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(WordProduct, args, begin, end, 0, 4, 4, 16, 4, 0, 1);
}
