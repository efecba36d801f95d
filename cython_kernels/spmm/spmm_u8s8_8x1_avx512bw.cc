// Y[M, w] = W[M, K] . X[K, w] for 8x1 blocks, AVX-512 BW, without VNNI.
//
// Operands and packing: include/spmm.h; loop, instruction table: spmm/sweep_avx512bw.h.
//
// Eight rows by two registers: the same 16 sums, and 6 unpacks for 32 products.
//
//   width  a group costs                                       Zen 4, bound
//   n64   2 x (32 vpmaddwd, 32 vpaddd, 6 unpacks)               70 cycles: 0.46 of VNNI's peak
//   n32   32 vpmaddwd, 32 vpaddd, 10 to interleave and split    37 cycles: 0.43
//   n16   16 vpmaddwd, 16 vpaddd, 7 to interleave and split     19.5 cycles: 0.41

#include "spmm/sweep_avx512bw.h"
#include "spmm_kernels.h"

void spmm_u8s8_8x1_n64_avx512bw(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(args, begin, end, 8, 1, 64, 0, 8, 0, 2);
  SPBENCH_SWEEP(args, begin, end, 8, 1, 64, 0, 8, 2, 2);
}

void spmm_u8s8_8x1_n32_avx512bw(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(args, begin, end, 8, 1, 32, 0, 8, 0, 2);
}

void spmm_u8s8_8x1_n16_avx512bw(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(args, begin, end, 8, 1, 16, 0, 8, 0, 1);
}
