// Y[M, w] = W[M, K] . X[K, w], W dense, AVX-512 VNNI with VBMI: the width at which one byte
// permutation replaces two shuffles (spmm/lines_avx512.h), alone and as a tail. The other widths:
// dense_u8s8_avx512vnni.cc.

#include "spmm/sweep_avx512vnni.h"
#include "spmm_kernels.h"

void dense_u8s8_n16_avx512vbmi(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP(args, begin, end, 4, 0, 16, 0, 4, 0, 1);
}

void dense_u8s8_n80_avx512vbmi(const spmm_args* args, int64_t begin, int64_t end) {
  SPBENCH_SWEEP_N80(args, begin, end, 4, 0);
}
