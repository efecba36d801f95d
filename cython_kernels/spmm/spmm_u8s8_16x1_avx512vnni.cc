// Y[M, w] = W[M, K] . X[K, w] for 16x1 blocks, AVX-512 VNNI.
//
// Operands and packing: include/spmm.h; loop, instruction table: spmm/sweep_avx512vnni.h.
//
// Eight rows by two registers, as 8x1, in two halves of the rows: four sweeps over a panel of
// 64. (Sixteen rows by one register need 3 unpacks instead of 4, and were slower on Zen 4.)
//
//   width  a group costs                                Zen 4, bound
//   n64   4 x (16 vpdpbusd, 4 unpacks)                   64 cycles: the peak
//   n32   2 x (16 vpdpbusd, 4 shuffles)                  34 cycles: 0.95 of the peak
//   n16   16 vpdpbusd, 5 shuffles                        16 cycles: the peak

#include "spmm/sweep_avx512vnni.h"
#include "spmm_kernels.h"

void spmm_u8s8_16x1_n64_avx512vnni(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(args, begin, end, 16, 1, 64, 0, 8, 0, 2);
  SPBENCH_SWEEP(args, begin, end, 16, 1, 64, 0, 8, 2, 2);
  SPBENCH_SWEEP(args, begin, end, 16, 1, 64, 8, 8, 0, 2);
  SPBENCH_SWEEP(args, begin, end, 16, 1, 64, 8, 8, 2, 2);
}

void spmm_u8s8_16x1_n32_avx512vnni(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(args, begin, end, 16, 1, 32, 0, 8, 0, 2);
  SPBENCH_SWEEP(args, begin, end, 16, 1, 32, 8, 8, 0, 2);
}

void spmm_u8s8_16x1_n16_avx512vnni(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(args, begin, end, 16, 1, 16, 0, 16, 0, 1);
}
