// Y[M, w] = W[M, K] . X[K, w] for 8x1 blocks, AVX-512 VNNI.
//
// Operands and packing: include/spmm.h; loop, instruction table: spmm/sweep_avx512vnni.h.
//
// Eight rows by two registers: two sweeps over a panel of 64, each with 4 unpacks for 16
// vpdpbusd, half of what 4x1 needs. On Intel, where unpacks take a multiplier's port, that counts.
//
//   width  a group costs                                Zen 4, bound
//   n64   2 x (16 vpdpbusd, 4 unpacks)                   32 cycles: the peak
//   n32   16 vpdpbusd, 4 shuffles                        17 cycles: 0.95 of the peak
//   n16   8 vpdpbusd, 5 shuffles                         8.7 cycles: 0.92 of the peak

#include "spmm/sweep_avx512vnni.h"
#include "spmm_kernels.h"

void spmm_u8s8_8x1_n64_avx512vnni(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(args, begin, end, 8, 1, 64, 0, 8, 0, 2);
  SPBENCH_SWEEP(args, begin, end, 8, 1, 64, 0, 8, 2, 2);
}

void spmm_u8s8_8x1_n32_avx512vnni(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(args, begin, end, 8, 1, 32, 0, 8, 0, 2);
}

void spmm_u8s8_8x1_n16_avx512vnni(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(args, begin, end, 8, 1, 16, 0, 8, 0, 1);
}
