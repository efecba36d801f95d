// Y[M, w] = W[M, K] . X[K, w] for 16x1 blocks, AVX-512 BW, without VNNI.
//
// Operands and packing: include/spmm.h; loop, instruction table: spmm/sweep_avx512bw.h.
//
// Eight rows by two registers, in two halves of the rows; at width 16 all rows at once.
//
//   width  a group costs                                       Zen 4, bound
//   n64   4 x (32 vpmaddwd, 32 vpaddd, 6 unpacks)               140 cycles: 0.46 of VNNI's peak
//   n32   2 x (32 vpmaddwd, 32 vpaddd, 10 others)               74 cycles: 0.43
//   n16   32 vpmaddwd, 32 vpaddd, 7 to interleave and split     35.5 cycles: 0.45

#include "spmm/sweep_avx512bw.h"
#include "spmm_kernels.h"

void spmm_u8s8_16x1_n64_avx512bw(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(args, begin, end, 16, 1, 64, 0, 8, 0, 2);
  SPBENCH_SWEEP(args, begin, end, 16, 1, 64, 0, 8, 2, 2);
  SPBENCH_SWEEP(args, begin, end, 16, 1, 64, 8, 8, 0, 2);
  SPBENCH_SWEEP(args, begin, end, 16, 1, 64, 8, 8, 2, 2);
}

void spmm_u8s8_16x1_n32_avx512bw(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(args, begin, end, 16, 1, 32, 0, 8, 0, 2);
  SPBENCH_SWEEP(args, begin, end, 16, 1, 32, 8, 8, 0, 2);
}

void spmm_u8s8_16x1_n16_avx512bw(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(args, begin, end, 16, 1, 16, 0, 16, 0, 1);
}
