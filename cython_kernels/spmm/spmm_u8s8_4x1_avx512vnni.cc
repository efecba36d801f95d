// Y[M, w] = W[M, K] . X[K, w] for 4x1 blocks, AVX-512 VNNI.
//
// Operands and packing: include/spmm.h; loop, instruction table: spmm/sweep_avx512vnni.h.
//
// Four rows by four registers: a group's 4 loads and 8 unpacks serve 16 vpdpbusd.
//
//   width  a group costs                                Zen 4, bound
//   n64   16 vpdpbusd, 8 unpacks on the other pipes     16 cycles: the peak
//   n80   n64 and n16 in one pass: weights are read once and the tail's products fill the
//         gaps that its shuffles would leave             21 cycles: 0.95 of the peak
//   n32   8 vpdpbusd, 4 shuffles                         8.9 cycles: 0.90 of the peak; 0.87 measured
//   n16   4 vpdpbusd, 5 shuffles                         5.3 cycles: 0.75 of the peak
//
// Source of the idea: arXiv 2306.16601, section 4 (4x1 blocks on VNNI), there with 4 x 4 tiles
// transposed for every weight and generated code.

#include "spmm/sweep_avx512vnni.h"
#include "spmm_kernels.h"

void spmm_u8s8_4x1_n64_avx512vnni(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(args, begin, end, 4, 1, 64, 0, 4, 0, 4);
}

void spmm_u8s8_4x1_n32_avx512vnni(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(args, begin, end, 4, 1, 32, 0, 4, 0, 2);
}

void spmm_u8s8_4x1_n16_avx512vnni(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(args, begin, end, 4, 1, 16, 0, 4, 0, 1);
}

void spmm_u8s8_4x1_n80_avx512vnni(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP_N80(args, begin, end, 4, 1);
}
