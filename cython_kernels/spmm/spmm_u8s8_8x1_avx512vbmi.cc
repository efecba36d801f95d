// Y[M, w] = W[M, K] . X[K, w] for 8x1 blocks, AVX-512 VNNI with VBMI: the width at which one byte
// permutation replaces two shuffles (spmm/lines_avx512.h). The other widths:
// spmm_u8s8_8x1_avx512vnni.cc.
//
//   n16   8 vpdpbusd, 4 shuffles      8 cycles: the peak
//
// vpermb zmm: 5, 1 (FP1 FP2) on Zen 4; 3, 1 (p5) on Ice Lake.

#include "spmm/sweep_avx512vnni.h"
#include "spmm_kernels.h"

void spmm_u8s8_8x1_n16_avx512vbmi(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(args, begin, end, 8, 1, 16, 0, 8, 0, 1);
}
