// Y[M, w] = W[M, K] . X[K, w] for 1x1 blocks, AVX-512 VNNI.
//
// Operands and packing: include/spmm.h; loop, instruction table: spmm/sweep_avx512vnni.h.
//
// One row by four registers, any four channels: unstructured sparsity, as users bring it. Nothing
// shares the interleave; what it costs is the price of having no blocks.
//
//   width  a group costs                                Zen 4, bound
//   n64   4 vpdpbusd, 8 unpacks, 4 loads of 64 bytes     8 cycles: half of the peak
//   n32   2 vpdpbusd, 4 shuffles                         4 cycles: half of the peak
//   n16   1 vpdpbusd, 5 shuffles                         5 cycles: 0.2 of the peak

#include "spmm/sweep_avx512vnni.h"
#include "spmm_kernels.h"

void spmm_u8s8_1x1_n64_avx512vnni(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(args, begin, end, 1, 1, 64, 0, 1, 0, 4);
}

void spmm_u8s8_1x1_n32_avx512vnni(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(args, begin, end, 1, 1, 32, 0, 1, 0, 2);
}

void spmm_u8s8_1x1_n16_avx512vnni(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(args, begin, end, 1, 1, 16, 0, 1, 0, 1);
}
