// Y[M, w] = W[M, K] . X[K, w] for 4x4 blocks, AVX-512 BW, without VNNI.
//
// Operands and packing: include/spmm.h; loop, instruction table: spmm/sweep_avx512bw.h.
//
// Four rows by four registers: a group's 12 unpacks serve 32 products.
//
//   width  a group costs                                       Zen 4, bound
//   n64   32 vpmaddwd, 32 vpaddd, 12 unpacks                    38 cycles: 0.42 of VNNI's peak
//   n32   16 vpmaddwd, 16 vpaddd, 10 to interleave and split    21 cycles: 0.38
//   n16   8 vpmaddwd, 8 vpaddd, 7 to interleave and split       11.5 cycles: 0.35
//
// One channel number serves 16 weights.

#include "spmm/sweep_avx512bw.h"
#include "spmm_kernels.h"

void spmm_u8s8_4x4_n64_avx512bw(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(args, begin, end, 4, 4, 64, 0, 4, 0, 4);
}

void spmm_u8s8_4x4_n32_avx512bw(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(args, begin, end, 4, 4, 32, 0, 4, 0, 2);
}

void spmm_u8s8_4x4_n16_avx512bw(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(args, begin, end, 4, 4, 16, 0, 4, 0, 1);
}
