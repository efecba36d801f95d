// Y[M, w] = W[M, K] . X[K, w] for 16x4 blocks, AVX-512 VNNI.
//
// Operands and packing: include/spmm.h; loop, instruction table: spmm/sweep_avx512vnni.h.
//
// As 16x1, eight rows by two registers; one channel number for 64 weights.
//
//   width  a group costs                                Zen 4, bound
//   n64, n32, n16: as 16x1

#include "spmm/sweep_avx512vnni.h"
#include "spmm_kernels.h"

void spmm_u8s8_16x4_n64_avx512vnni(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(args, begin, end, 16, 4, 64, 0, 8, 0, 2);
  SPBENCH_SWEEP(args, begin, end, 16, 4, 64, 0, 8, 2, 2);
  SPBENCH_SWEEP(args, begin, end, 16, 4, 64, 8, 8, 0, 2);
  SPBENCH_SWEEP(args, begin, end, 16, 4, 64, 8, 8, 2, 2);
}

void spmm_u8s8_16x4_n32_avx512vnni(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(args, begin, end, 16, 4, 32, 0, 8, 0, 2);
  SPBENCH_SWEEP(args, begin, end, 16, 4, 32, 8, 8, 0, 2);
}

void spmm_u8s8_16x4_n16_avx512vnni(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(args, begin, end, 16, 4, 16, 0, 16, 0, 1);
}
