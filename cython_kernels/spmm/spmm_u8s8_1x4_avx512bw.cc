// Y[M, w] = W[M, K] . X[K, w] for 1x4 blocks, AVX-512 BW, without VNNI.
//
// Operands and packing: include/spmm.h; loop, instruction table: spmm/sweep_avx512bw.h.
//
// One row by four registers: nothing shares the interleave.
//
//   width  a group costs                                       Zen 4, bound
//   n64   8 vpmaddwd, 8 vpaddd, 12 unpacks, 3 shifts            15 cycles: 0.27 of VNNI's peak
//   n32   4 vpmaddwd, 4 vpaddd, 10 others, 3 shifts             10.5 cycles: 0.19
//   n16   2 vpmaddwd, 2 vpaddd, 7 others, 3 shifts              7 cycles: 0.14
//
// One channel number serves 4 weights.

#include "spmm/sweep_avx512bw.h"
#include "spmm_kernels.h"

void spmm_u8s8_1x4_n64_avx512bw(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(args, begin, end, 1, 4, 64, 0, 1, 0, 4);
}

void spmm_u8s8_1x4_n32_avx512bw(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(args, begin, end, 1, 4, 32, 0, 1, 0, 2);
}

void spmm_u8s8_1x4_n16_avx512bw(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(args, begin, end, 1, 4, 16, 0, 1, 0, 1);
}
