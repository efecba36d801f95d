// Y[M, w] = W[M, K] . X[K, w] for 4x1 blocks, AVX-512 VNNI with VBMI: the width at which one byte
// permutation replaces two shuffles (spmm/lines_avx512.h), alone and as a tail. The other widths:
// spmm_u8s8_4x1_avx512vnni.cc.
//
//   n16   4 vpdpbusd, 4 shuffles      4.7 cycles: 0.86 of the peak; 8 broadcasts and lines loaded
//
// vpermb zmm: 5, 1 (FP1 FP2) on Zen 4; 3, 1 (p5) on Ice Lake.

#include "spmm/sweep_avx512vnni.h"
#include "spmm_kernels.h"

void spmm_u8s8_4x1_n16_avx512vbmi(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(args, begin, end, 4, 1, 16, 0, 4, 0, 1);
}

void spmm_u8s8_4x1_n80_avx512vbmi(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP_N80(args, begin, end, 4, 1);
}
