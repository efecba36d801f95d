// Y[M, w] = W[M, K] . X[K, w] for 1x4 blocks, AVX-512 VNNI with VBMI: the width at which one byte
// permutation replaces two shuffles (spmm/lines_avx512.h). The other widths:
// spmm_u8s8_1x4_avx512vnni.cc.
//
//   n16   4 shuffles instead of 5
//
// vpermb zmm: 5, 1 (FP1 FP2) on Zen 4; 3, 1 (p5) on Ice Lake.

#include "spmm/sweep_avx512vnni.h"
#include "spmm_kernels.h"

void spmm_u8s8_1x4_n16_avx512vbmi(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(args, begin, end, 1, 4, 16, 0, 1, 0, 1);
}
